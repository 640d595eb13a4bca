# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
# Everything comes from Debian packages; scripts/install_dependencies.sh lists them.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)  # the digest of a run's results
find_package(ZLIB REQUIRED)  # the checksums of packed routing traces

pkg_check_modules(SYSTEMC REQUIRED systemc)
add_library(SystemC::systemc INTERFACE IMPORTED)
target_include_directories(SystemC::systemc SYSTEM INTERFACE ${SYSTEMC_INCLUDE_DIRS})
target_link_libraries(SystemC::systemc INTERFACE ${SYSTEMC_LINK_LIBRARIES} Threads::Threads)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
