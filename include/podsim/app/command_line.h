// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace podsim::app {

// podsim's command line from its arguments to its exit code (command.h says which). Every error ends here, as
// lines on stderr that begin with "podsim: ".
int run_command_line(int argc, const char* const* argv);

}  // namespace podsim::app
