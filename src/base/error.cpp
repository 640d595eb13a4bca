// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/base/error.h"

#include <string_view>

namespace podsim {
namespace {

CheckContext g_check_context = nullptr;

// The path inside the project: build machines' folders mean nothing to a reader.
std::string_view project_path(std::string_view file) {
  for (std::string_view root : {"/src/", "/include/"}) {
    const std::size_t at = file.rfind(root);
    if (at != std::string_view::npos) return file.substr(at + 1);
  }
  return file;
}

}  // namespace

void set_check_context(CheckContext context) {
  g_check_context = context;
}

void fail_check(const char* condition, const char* file, int line, const std::string& message) {
  const std::string where = g_check_context == nullptr ? std::string() : g_check_context();
  throw InternalError(fmt::format("{}{}{} (check '{}' at {}:{})", where, where.empty() ? "" : ": ", message,
                                  condition, project_path(file), line));
}

}  // namespace podsim
