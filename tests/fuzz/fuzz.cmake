# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
# Fuzz targets: each fuzz_*.cpp here feeds one reader with whatever libFuzzer makes up. As a test, a target runs a
# fixed count of inputs from a fixed seed, starting at the files in corpus/<target>/ where that folder exists.
if(NOT PODSIM_FUZZ)
  return()
endif()
set(PODSIM_FUZZ_RUNS 20000 CACHE STRING "inputs each fuzz target is tried on when run as a test")

add_custom_target(fuzz_targets)
file(GLOB fuzz_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/fuzz_*.cpp)
foreach(source ${fuzz_sources})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE podsim::moe podsim::topology podsim::config podsim_warnings)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzz_targets ${name})

  # libFuzzer adds what it finds to the first folder; the given corpus, second, is only read.
  set(found ${CMAKE_CURRENT_BINARY_DIR}/corpus/${name})
  file(MAKE_DIRECTORY ${found})
  set(given ${CMAKE_CURRENT_LIST_DIR}/corpus/${name})
  if(NOT IS_DIRECTORY ${given})
    set(given "")
  endif()
  add_test(NAME ${name}
    COMMAND ${name} -runs=${PODSIM_FUZZ_RUNS} -seed=1 -max_len=4096 -timeout=10 -rss_limit_mb=2048
            -print_final_stats=1 ${found} ${given})
  set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 900)
endforeach()
