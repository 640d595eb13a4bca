// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/kernel_compile.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

#include "podsim/base/error.h"
#include "podsim/config/paths.h"
#include "podsim/config/suggest.h"
#include "podsim/kernel/entry.h"
#include "podsim/stats/file.h"

extern char** environ;  // NOLINT: POSIX's name

namespace podsim::app {
namespace {

namespace fs = std::filesystem;

// What is compiled: the user's file, and a caller that takes the arguments as places in memory, so that how
// the host passes each type is the compiler's business. A kernel's parameters are seen as they were declared.
constexpr const char* kCaller = R"(#include "{file}"
#include <cstddef>
#include <type_traits>
#include <utility>
namespace podsim_caller {{
template <class T>
constexpr char kind() {{
  return std::is_pointer_v<T> ? 'p' : std::is_integral_v<T> || std::is_enum_v<T> ? 'i' : std::is_floating_point_v<T> ? 'f' : 's';
}}
template <class Function>
struct Caller;
template <class... Parameters>
struct Caller<void (*)(Parameters...)> {{
  static constexpr std::size_t kCount = sizeof...(Parameters);
  static constexpr std::size_t kSizes[] = {{sizeof(std::remove_reference_t<Parameters>)..., 0}};
  static constexpr char kKinds[] = {{kind<std::remove_reference_t<Parameters>>()..., '\0'}};
  template <std::size_t... I>
  static void call(void (*kernel)(Parameters...), void* const* places, std::index_sequence<I...>) {{
    kernel(*static_cast<std::remove_reference_t<Parameters>*>(places[I])...);
  }}
}};
using Kernel = Caller<decltype(+&{entry})>;
}}
extern "C" {{
extern const std::size_t podsim_caller_count = podsim_caller::Kernel::kCount;
extern const std::size_t* const podsim_caller_sizes = podsim_caller::Kernel::kSizes;
extern const char* const podsim_caller_kinds = podsim_caller::Kernel::kKinds;
void podsim_caller_call(void* const* places) {{
  (void)places;
  podsim_caller::Kernel::call(&{entry}, places, std::make_index_sequence<podsim_caller::Kernel::kCount>());
}}
}}
)";

constexpr const char* kLibrary = "kernel.so";

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "podsim-kernel-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
      throw ConfigError(fmt::format("{}: no folder can be made: {}", pattern, std::strerror(errno)));
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// The headers are found like configs: beside them in a source tree and in an installed one.
fs::path header_folder() {
  const fs::path folder = config::data_root() / "include";
  std::error_code ignored;
  if (fs::exists(folder / "podsim" / "kernel" / "ascendc" / "kernel_operator.h", ignored)) return folder;
  throw ConfigError(
      fmt::format("no podsim/kernel/ascendc/kernel_operator.h in {}; PODSIM_DATA is to name a folder with "
                  "podsim's configs, models and include",
                  folder.string()));
}

// $CXX as the environment has it, one word or more.
std::vector<std::string> compiler() {
  const char* set = std::getenv("CXX");
  std::istringstream words(set != nullptr ? set : "");
  std::vector<std::string> command{std::istream_iterator<std::string>(words), {}};
  if (command.empty()) command.emplace_back("g++");
  return command;
}

std::vector<std::string> compile_command(const KernelSource& source, const fs::path& file,
                                         const fs::path& folder) {
  std::vector<std::string> command = compiler();
  const fs::path headers = header_folder();
  // -w: the kernel is not held to our warnings, nor is its author told of them.
  for (const char* flag : {"-std=c++17", "-O2", "-shared", "-fPIC", "-w"}) command.emplace_back(flag);
  command.push_back(fmt::format("-D__NPU_ARCH__={}", source.architecture));
  for (const std::string& define : source.defines) command.push_back("-D" + define);
  for (const std::string& extra : source.include_folders) command.push_back("-I" + extra);
  for (const fs::path& path : {file.parent_path(), headers, headers / "podsim" / "kernel" / "ascendc"})
    command.push_back("-I" + path.string());
  for (const fs::path& path : {fs::path("-o"), folder / kLibrary, folder / "caller.cpp"})
    command.push_back(path.string());
  return command;
}

// Runs a command to its end; what it says goes to `log`. True: it succeeded.
bool run(const std::vector<std::string>& command, const fs::path& log) {
  std::vector<char*> words;
  for (const std::string& word : command)
    words.push_back(const_cast<char*>(word.c_str()));  // NOLINT: POSIX's type
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, words.front(), &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    throw ConfigError(fmt::format("the compiler {} cannot be started: {}; CXX may name another",
                                  command.front(), std::strerror(failed)));
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR)
      throw ConfigError(fmt::format("{} got lost: {}", command.front(), std::strerror(errno)));
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// The first lines: one mistake in a template may fill thousands.
std::string first_lines(const std::string& text) {
  constexpr std::size_t kMost = 40;
  std::size_t end = 0;
  for (std::size_t lines = 0; lines < kMost && end != std::string::npos; ++lines)
    end = text.find('\n', end == 0 ? 0 : end + 1);
  return end == std::string::npos || end + 1 >= text.size() ? text : text.substr(0, end) + "\n..";
}

npu::CoreMix mix_of(AscendC::KernelMetaType type) {
  switch (type) {
    case AscendC::KERNEL_TYPE_AIC_ONLY:
    case AscendC::KERNEL_TYPE_MIX_AIC_1_0:
    case AscendC::KERNEL_TYPE_AICORE:
      return npu::CoreMix::Cube;
    case AscendC::KERNEL_TYPE_MIX_AIC_1_1:
      return npu::CoreMix::CubeAndOneVector;
    case AscendC::KERNEL_TYPE_MIX_AIC_1_2:
    case AscendC::KERNEL_TYPE_MIX_AICORE:
      return npu::CoreMix::CubeAndTwoVectors;
    default:
      return npu::CoreMix::Vector;
  }
}

// A symbol of the loaded library; it is there, because we wrote it.
void* symbol(void* library, const char* name) {
  void* found = dlsym(library, name);
  PODSIM_CHECK(found != nullptr, "no {} in a compiled kernel", name);
  return found;
}

}  // namespace

DeclaredKernel declared_kernel(const KernelSource& source) {
  const std::vector<kernel::KernelEntry> entries =
      kernel::find_kernels(config::read_whole_file(source.file, source.file));
  std::vector<std::string> names;
  for (const kernel::KernelEntry& entry : entries) names.push_back(entry.name);
  if (source.entry.empty() && entries.size() != 1) {
    throw ConfigError(
        entries.empty()
            ? fmt::format("{}: no __global__ function found, expected a kernel; --entry may name it",
                          source.file)
            : fmt::format("{}: has {} kernels, --entry is to name one of {}", source.file, entries.size(),
                          config::quoted_list(names)));
  }
  // Of a template, the name before its arguments is what the text has. A kernel that a macro makes is not in
  // the text at all; the compiler finds it.
  const std::string plain =
      source.entry.empty() ? names.front() : source.entry.substr(0, source.entry.find('<'));
  const auto found = std::find(names.begin(), names.end(), plain);
  DeclaredKernel declared{source.entry.empty() ? plain : source.entry, {}, npu::CoreMix::Vector, ""};
  if (found == names.end()) {
    declared.doubt =
        fmt::format("kernel \"{}\" is not among those found in it: {}\n", plain, config::quoted_list(names));
    return declared;
  }
  const kernel::KernelEntry& entry = entries[static_cast<std::size_t>(found - names.begin())];
  declared.parameters = entry.parameters;
  declared.mix = mix_of(entry.type);
  return declared;
}

LoadedKernel::LoadedKernel(const KernelSource& source, const DeclaredKernel& declared) {
  const TemporaryFolder folder;
  const fs::path file = fs::absolute(source.file);
  stats::write_file(folder.path() / "caller.cpp",
                    fmt::format(kCaller, fmt::arg("file", file.string()), fmt::arg("entry", declared.name)));
  const fs::path log = folder.path() / "log";
  if (!run(compile_command(source, file, folder.path()), log)) {
    throw ConfigError(fmt::format("{}: does not compile:\n{}{}", source.file, declared.doubt,
                                  first_lines(config::read_whole_file(log, "the compiler's messages"))));
  }
  library_ = dlopen((folder.path() / kLibrary).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library_ == nullptr) throw ConfigError(fmt::format("{}: cannot be loaded: {}", source.file, dlerror()));
  const std::size_t count = *static_cast<const std::size_t*>(symbol(library_, "podsim_caller_count"));
  const auto* sizes = *static_cast<const std::size_t* const*>(symbol(library_, "podsim_caller_sizes"));
  const auto* kinds = *static_cast<const char* const*>(symbol(library_, "podsim_caller_kinds"));
  for (std::size_t i = 0; i < count; ++i) {
    const bool in_text = declared.parameters.size() == count;
    parameters_.push_back({kinds[i], sizes[i], in_text ? declared.parameters[i] : ""});
  }
  call_ = reinterpret_cast<void (*)(void* const*)>(symbol(library_, "podsim_caller_call"));
}

LoadedKernel::~LoadedKernel() {
  if (library_ != nullptr) dlclose(library_);
}

}  // namespace podsim::app
