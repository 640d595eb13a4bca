# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
# test_soak: many random runs in one go, to be chosen with ctest -L soak. PODSIM_SOAK_RUNS sets how many.
podsim_test(test_soak podsim::fabric soak podsim_sc_test_main)
set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${CMAKE_CURRENT_LIST_DIR}/soak_label.cmake)
