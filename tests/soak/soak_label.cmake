# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
# Read by ctest after the tests have been discovered.
if(test_soak_TESTS)
  set_tests_properties(${test_soak_TESTS} PROPERTIES LABELS soak TIMEOUT 300)
endif()
