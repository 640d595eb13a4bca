// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/study/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <sstream>

#include "podsim/base/error.h"

extern char** environ;

namespace podsim::study {
namespace {

using Clock = std::chrono::steady_clock;
using End = ChildOutcome::End;

constexpr std::size_t kMostErrors = 8192;  // bytes of stderr that are kept
constexpr int kTickMs = 200;               // how often progress and interruption are looked at

// The two ends of a pipe; neither goes to a child unless it is handed over.
struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
      throw ConfigError(fmt::format("cannot open a pipe to a child process: {}", std::strerror(errno)));
    read_end = ends[0];
    write_end = ends[1];
  }
  int read_end = -1;
  int write_end = -1;
};

// posix_spawn's list of what to do to the child's files.
class FileActions {
 public:
  explicit FileActions(int error_pipe) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, error_pipe, STDERR_FILENO);
  }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

// A child that runs. Its end is seen as the end of its stderr, then waited for by its id.
struct Running {
  std::size_t index;  // of its command
  pid_t process;
  int errors;  // read end of its stderr
  Clock::time_point begin;
};

std::vector<char*> argument_list(std::string& program, std::vector<std::string>& arguments) {
  std::vector<char*> list{program.data()};
  for (std::string& argument : arguments) list.push_back(argument.data());
  list.push_back(nullptr);
  return list;
}

// All children of one run_children.
class Children {
 public:
  Children(const std::vector<ChildCommand>& commands, const ChildOptions& options)
      : commands_(commands), options_(options), outcomes_(commands.size()) {
    PODSIM_CHECK(options.parallel > 0, "no child at a time");
  }
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;
  // Only an exception leaves children behind.
  ~Children() {
    for (const Running& child : running_) {
      ::kill(child.process, SIGKILL);
      ::waitpid(child.process, nullptr, 0);
      ::close(child.errors);
    }
  }

  std::vector<ChildOutcome> run() {
    while (true) {
      stop_if_interrupted();
      while (!stopping_ && next_ < commands_.size() && running_.size() < options_.parallel) start(next_++);
      if (running_.empty()) break;
      if (options_.progress) options_.progress(done_, running_.front().index);
      listen();
    }
    return std::move(outcomes_);
  }

 private:
  void start(std::size_t index) {
    const Pipe pipe;
    const FileActions files(pipe.write_end);
    std::string program = options_.program;
    std::vector<std::string> arguments = commands_[index].arguments;
    const std::vector<char*> list = argument_list(program, arguments);
    pid_t process = 0;
    const Clock::time_point begin = Clock::now();
    const int failed = ::posix_spawn(&process, program.c_str(), files.get(), nullptr, list.data(), ::environ);
    ::close(pipe.write_end);
    if (failed == 0) {
      running_.push_back({index, process, pipe.read_end, begin});
      return;
    }
    ::close(pipe.read_end);
    outcomes_[index].end = End::NotStarted;
    outcomes_[index].code = failed;
    ++done_;
  }

  void stop_if_interrupted() {
    if (stopping_ || !options_.interrupted || !options_.interrupted()) return;
    stopping_ = true;
    for (const Running& child : running_) ::kill(child.process, SIGTERM);
  }

  // Waits until a child says something or ends, or the tick is over.
  void listen() {
    std::vector<pollfd> wanted;
    for (const Running& child : running_) wanted.push_back({child.errors, POLLIN, 0});
    if (::poll(wanted.data(), wanted.size(), kTickMs) <= 0) return;  // the tick, or a signal
    std::vector<Running> still;
    for (std::size_t i = 0; i < running_.size(); ++i) {
      if (wanted[i].revents == 0 || read_errors(running_[i]))
        still.push_back(running_[i]);
      else
        finish(running_[i]);
    }
    running_ = std::move(still);
  }

  // Whether there may be more to read.
  bool read_errors(const Running& child) {
    std::array<char, 4096> buffer;
    const ssize_t size = ::read(child.errors, buffer.data(), buffer.size());
    if (size < 0) return errno == EINTR;
    std::string& errors = outcomes_[child.index].errors;
    errors.append(buffer.data(), static_cast<std::size_t>(size));
    if (errors.size() > kMostErrors) errors.erase(0, errors.size() - kMostErrors);
    return size > 0;
  }

  void finish(const Running& child) {
    int status = 0;
    pid_t waited = -1;
    do {
      waited = ::waitpid(child.process, &status, 0);
    } while (waited < 0 && errno == EINTR);
    PODSIM_CHECK(waited == child.process, "process {} cannot be waited for: {}", child.process,
                 std::strerror(errno));
    ::close(child.errors);
    ChildOutcome& outcome = outcomes_[child.index];
    outcome.wall_s = std::chrono::duration<double>(Clock::now() - child.begin).count();
    outcome.end = stopping_ ? End::Interrupted : WIFEXITED(status) ? End::Exited : End::Killed;
    outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
    ++done_;
  }

  const std::vector<ChildCommand>& commands_;
  const ChildOptions& options_;
  std::vector<ChildOutcome> outcomes_;
  std::vector<Running> running_;  // in the order they began
  std::size_t next_ = 0;
  std::size_t done_ = 0;
  bool stopping_ = false;
};

// What a child said, in one line and without the "podsim: " that begins each of its own.
std::string said(const std::string& errors) {
  constexpr std::string_view kPrefix = "podsim: ";
  std::string text;
  std::istringstream lines(errors);
  for (std::string line; std::getline(lines, line);) {
    if (line.compare(0, kPrefix.size(), kPrefix) == 0) line.erase(0, kPrefix.size());
    if (!line.empty()) text += (text.empty() ? "" : "; ") + line;
  }
  return text.empty() ? "it said nothing" : text;
}

}  // namespace

std::string failure_text(const ChildOutcome& outcome) {
  switch (outcome.end) {
    case End::Exited:
      if (outcome.code == 0) return "";
      return fmt::format("exit code {}: {}", outcome.code, said(outcome.errors));
    case End::Killed:
      return fmt::format("ended by signal {} ({}): {}", outcome.code, ::strsignal(outcome.code),
                         said(outcome.errors));
    case End::NotStarted:
      return fmt::format("podsim could not be started: {}", std::strerror(outcome.code));
    case End::Interrupted:
      break;
  }
  return "interrupted";
}

std::vector<ChildOutcome> run_children(const std::vector<ChildCommand>& commands,
                                       const ChildOptions& options) {
  return Children(commands, options).run();
}

}  // namespace podsim::study
