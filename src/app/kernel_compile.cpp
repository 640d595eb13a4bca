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
#include <utility>

#include "podsim/base/error.h"
#include "podsim/base/temporary_folder.h"
#include "podsim/config/paths.h"
#include "podsim/config/suggest.h"
#include "podsim/kernel/entry.h"
#include "podsim/kernel/scalar_unit.h"
#include "podsim/stats/file.h"

extern char** environ;  // NOLINT: POSIX's name

namespace podsim::app {
namespace {

namespace fs = std::filesystem;

// What is compiled: the user's file, and a caller that takes the arguments as places in memory, so that how
// the host passes each type is the compiler's business. A kernel's parameters are seen as they were declared.
constexpr const char* kCaller = R"({kernel}
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

// What every run of the compiler gets: the chip, the user's macros, and where headers are.
std::vector<std::string> compile_command(const KernelSource& source, const std::vector<std::string>& flags) {
  std::vector<std::string> command = compiler();
  const fs::path headers = header_folder();
  // -w: the kernel is not held to our warnings, nor is its author told of them.
  for (const char* flag : {"-std=c++17", "-w"}) command.emplace_back(flag);
  command.insert(command.end(), flags.begin(), flags.end());
  command.push_back(fmt::format("-D__NPU_ARCH__={}", source.architecture));
  for (const std::string& define : source.defines) command.push_back("-D" + define);
  // What the kernel includes with quotes is beside it first.
  const fs::path beside = fs::absolute(source.file).parent_path();
  command.push_back("-iquote" + beside.string());
  for (const std::string& extra : source.include_folders) command.push_back("-I" + extra);
  for (const fs::path& path : {beside, headers, headers / "podsim" / "kernel" / "ascendc"})
    command.push_back("-I" + path.string());
  return command;
}

// Macros by which device code tells the compilation for a cube core from that for a vector core.
std::vector<std::string> kind_macros(kernel::CoreKind kind, std::uint32_t architecture) {
  const std::string suffix = kind == kernel::CoreKind::Aic ? "CUBE__" : "VEC__";
  if (architecture == 3510) return {"-D__DAV_" + suffix, "-D__DAV_C310__"};
  return {"-D__DAV_" + suffix, "-D__DAV_C220_" + suffix};
}

// A compiler at work; what it says goes to `log`.
class Compilation {
 public:
  Compilation(const std::vector<std::string>& command, fs::path log)
      : program_(command.front()), log_(std::move(log)) {
    std::vector<char*> words;
    for (const std::string& word : command)
      words.push_back(const_cast<char*>(word.c_str()));  // NOLINT: POSIX's type
    words.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    const int failed = posix_spawnp(&child_, words.front(), &actions, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) {
      throw ConfigError(fmt::format("the compiler {} cannot be started: {}; CXX may name another", program_,
                                    std::strerror(failed)));
    }
  }
  // A compiler is not left behind when another failed first.
  ~Compilation() {
    int ignored = 0;
    if (!done_) waitpid(child_, &ignored, 0);
  }
  Compilation(const Compilation&) = delete;
  Compilation& operator=(const Compilation&) = delete;

  // Waits for its end. True: it succeeded.
  bool succeeded() {
    int status = 0;
    while (waitpid(child_, &status, 0) < 0) {
      if (errno != EINTR) throw ConfigError(fmt::format("{} got lost: {}", program_, std::strerror(errno)));
    }
    done_ = true;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  const fs::path& log() const { return log_; }

 private:
  std::string program_;
  fs::path log_;
  pid_t child_ = 0;
  bool done_ = false;
};

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

std::vector<kernel::CoreKind> kinds_of(npu::CoreMix mix) {
  if (mix == npu::CoreMix::Cube) return {kernel::CoreKind::Aic};
  if (mix == npu::CoreMix::Vector) return {kernel::CoreKind::Aiv};
  return {kernel::CoreKind::Aic, kernel::CoreKind::Aiv};
}

void require_success(Compilation& compilation, const KernelSource& source) {
  if (compilation.succeeded()) return;
  throw ConfigError(
      fmt::format("{}: does not compile:\n{}", source.file,
                  first_lines(config::read_whole_file(compilation.log(), "the compiler's messages"))));
}

std::vector<std::string> names_of(const std::vector<kernel::KernelEntry>& entries) {
  std::vector<std::string> names;
  for (const kernel::KernelEntry& entry : entries) names.push_back(entry.name);
  return names;
}
auto find_entry(const std::vector<kernel::KernelEntry>& entries, const std::string& name) {
  return std::find_if(entries.begin(), entries.end(),
                      [&](const kernel::KernelEntry& entry) { return entry.name == name; });
}

// The kernels after the preprocessor: those that macros make and those in other headers too.
std::vector<kernel::KernelEntry> preprocessed_kernels(const KernelSource& source) {
  const TemporaryFolder folder("kernel");
  const fs::path text = folder.path() / "text";
  std::vector<std::string> command =
      compile_command(source, {"-E", "-P", "-DPODSIM_READ_QUALIFIERS", "-o", text.string()});
  command.push_back(fs::absolute(source.file).string());
  Compilation preprocessor(command, folder.path() / "log");
  require_success(preprocessor, source);
  return kernel::find_kernels(config::read_whole_file(text, "the preprocessed kernel"));
}

// A symbol of the loaded library; it is there, because we wrote it.
void* symbol(void* library, const char* name) {
  void* found = dlsym(library, name);
  PODSIM_CHECK(found != nullptr, "no {} in a compiled kernel", name);
  return found;
}

}  // namespace

DeclaredKernel declared_kernel(const KernelSource& source) {
  // Of a template, the name before its arguments is what the text has.
  const std::string plain = source.entry.substr(0, source.entry.find('<'));
  std::vector<kernel::KernelEntry> entries =
      kernel::find_kernels(config::read_whole_file(source.file, source.file));
  if (plain.empty() ? entries.empty() : find_entry(entries, plain) == entries.end())
    entries = preprocessed_kernels(source);
  if (plain.empty() && entries.size() != 1) {
    throw ConfigError(entries.empty()
                          ? fmt::format("{}: no __global__ function found, expected a kernel", source.file)
                          : fmt::format("{}: has {} kernels, --entry is to name one of {}", source.file,
                                        entries.size(), config::quoted_list(names_of(entries))));
  }
  const auto found = plain.empty() ? entries.begin() : find_entry(entries, plain);
  if (found == entries.end()) {
    throw ConfigError(fmt::format(
        "{}: kernel \"{}\" is not in it; {}", source.file, plain,
        entries.empty() ? "it has no __global__ function" : config::known_names(plain, names_of(entries))));
  }
  return {source.entry.empty() ? found->name : source.entry, found->parameters, mix_of(found->type)};
}

LoadedKernel::LoadedKernel(const KernelSource& source, const DeclaredKernel& declared, npu::CoreMix mix) {
  const TemporaryFolder folder("kernel");
  const std::string text = config::read_whole_file(source.file, source.file);
  const fs::path caller = folder.path() / "caller.cpp";
  // A file with launches in it is not C++; its text is taken without them.
  const std::string file = fs::absolute(source.file).string();
  const auto plain = kernel::without_launches(text);
  const std::string kernel = plain ? fmt::format("#line 1 \"{}\"\n{}\n#line 1 \"caller.cpp\"", file, *plain)
                                   : fmt::format("#include \"{}\"", file);
  stats::write_file(caller,
                    fmt::format(kCaller, fmt::arg("kernel", kernel), fmt::arg("entry", declared.name)));
  struct Job {
    kernel::CoreKind kind;
    fs::path library;
    std::unique_ptr<Compilation> compilation;
  };
  std::vector<Job> jobs;  // at work together
  for (const kernel::CoreKind kind : kinds_of(mix)) {
    const std::string name = kind == kernel::CoreKind::Aic ? "cube" : "vector";
    const fs::path library = folder.path() / (name + ".so");
    std::vector<std::string> command = compile_command(source, kind_macros(kind, source.architecture));
    for (const char* flag : {"-O2", "-shared", "-fPIC", "-o"}) command.emplace_back(flag);
    command.push_back(library.string());
    command.push_back(caller.string());
    jobs.push_back({kind, library, std::make_unique<Compilation>(command, folder.path() / (name + ".log"))});
  }
  for (Job& job : jobs) require_success(*job.compilation, source);
  for (const Job& job : jobs) load(job.kind, source.file, job.library.string());
  for (std::size_t i = 0; i < parameters_.size() && declared.parameters.size() == parameters_.size(); ++i)
    parameters_[i].text = declared.parameters[i];
}

void LoadedKernel::load(kernel::CoreKind kind, const std::string& file, const std::string& library) {
  Library& loaded = libraries_[static_cast<std::size_t>(kind)];
  loaded.handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (loaded.handle == nullptr) throw ConfigError(fmt::format("{}: cannot be loaded: {}", file, dlerror()));
  loaded.call = reinterpret_cast<void (*)(void* const*)>(symbol(loaded.handle, "podsim_caller_call"));
  const std::size_t count = *static_cast<const std::size_t*>(symbol(loaded.handle, "podsim_caller_count"));
  const auto* sizes = *static_cast<const std::size_t* const*>(symbol(loaded.handle, "podsim_caller_sizes"));
  const auto* kinds = *static_cast<const char* const*>(symbol(loaded.handle, "podsim_caller_kinds"));
  parameters_.clear();  // the same from every library
  for (std::size_t i = 0; i < count; ++i) parameters_.push_back({kinds[i], sizes[i], ""});
}

void LoadedKernel::call(const std::vector<void*>& places) const {
  const kernel::CoreKind kind = kernel::scalar_unit().placement().kind;
  libraries_[static_cast<std::size_t>(kind)].call(places.data());
}

LoadedKernel::~LoadedKernel() {
  for (const Library& library : libraries_) {
    if (library.handle != nullptr) dlclose(library.handle);
  }
}

}  // namespace podsim::app
