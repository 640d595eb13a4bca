# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
# test_property: laws that hold for every input, tried by RapidCheck on inputs it makes up.
find_package(rapidcheck REQUIRED)

podsim_test(test_property podsim::fabric property podsim::moe podsim_sc_test_main rapidcheck)
if(TARGET test_property)
  target_sources(test_property PRIVATE ${CMAKE_CURRENT_LIST_DIR}/fixed_seed.cpp)
endif()
