// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <systemc>

#include "podsim/app/command_line.h"

int sc_main(int argc, char** argv) {
  return podsim::app::run_command_line(argc, argv);
}

// libsystemc brings a main of its own, which greets on stderr. Ours silences it first, and enters the kernel
// as that one does.
int main(int argc, char** argv) {
  ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}
