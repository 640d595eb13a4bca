# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
# Tests that see podsim as a user does: every file of configs/ and models/, every command of README.md, an installed
# tree; and the checks of the source tree. What simulates 8,192 cards is labelled `slow`.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

# --- the source tree ---

function(podsim_check name)
  add_test(NAME ${name} COMMAND ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS check SKIP_RETURN_CODE 77)
endfunction()

foreach(check layers sources)
  podsim_check(check_${check} ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/scripts/check_${check}.py)
  podsim_check(check_${check}.self_test ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/scripts/check_${check}.py --self-test)
endforeach()
podsim_check(check_format ${CMAKE_SOURCE_DIR}/scripts/check_format.sh)
podsim_check(install_dependencies ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/install_dependencies_test.py)

# --- the binary ---

# podsim_smoke(NAME LABELS COMMAND...)
function(podsim_smoke name labels)
  add_test(NAME smoke.${name} COMMAND ${ARGN})
  set_tests_properties(smoke.${name} PROPERTIES LABELS "smoke;${labels}" TIMEOUT 600 SKIP_RETURN_CODE 77 ENVIRONMENT
    "PODSIM=$<TARGET_FILE:podsim>;PODSIM_BUILD=${CMAKE_BINARY_DIR};PODSIM_DATA=${CMAKE_SOURCE_DIR}")
  if("slow" IN_LIST labels)  # one at a time: each may take gigabytes
    set_tests_properties(smoke.${name} PROPERTIES RESOURCE_LOCK large_run)
  endif()
endfunction()
# Sets `result` to `slow` for a scenario of more than 1,024 cards; one that names no number takes its whole pod.
function(podsim_label result file)
  file(READ ${file} text)
  string(JSON cards ERROR_VARIABLE whole_pod GET "${text}" workload cards)
  if(whole_pod OR cards GREATER 1024)
    set(${result} slow PARENT_SCOPE)
  else()
    set(${result} quick PARENT_SCOPE)
  endif()
endfunction()
set(run_scenario ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/run_scenario.py)
# podsim_smoke_each(KIND FOLDER ARGUMENT...): a run for every file of FOLDER, which stands for FILE in the arguments.
function(podsim_smoke_each kind folder)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.json)
  foreach(file ${files})
    get_filename_component(name ${file} NAME_WE)
    string(REPLACE FILE ${file} arguments "${ARGN}")
    podsim_smoke(${kind}.${name} quick ${run_scenario} ${arguments})
  endforeach()
endfunction()

file(GLOB pods CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/configs/pods/*.json)
foreach(pod ${pods})
  get_filename_component(name ${pod} NAME_WE)
  podsim_smoke(topology.${name} quick podsim topology ${pod} --check)
endforeach()
set(few_cards all_to_all_1024 --set /workload/cards=4)
podsim_smoke_each(pod configs/pods ${few_cards} --set /machine/pod=FILE)
podsim_smoke_each(chip configs/chips ${few_cards} --set /machine/chip=FILE)
podsim_smoke_each(stack configs/stacks ${few_cards} --set /machine/stack=FILE)
podsim_smoke_each(protocol configs/protocols ${few_cards} --set /machine/protocol=FILE)
podsim_smoke_each(model models layer_8192_ep64 --set /workload/cards=64 --set /workload/tokens_per_card=16
  --set /workload/model=FILE)

file(GLOB scenarios CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/configs/scenarios/*.json)
foreach(scenario ${scenarios})
  get_filename_component(name ${scenario} NAME_WE)
  podsim_label(label ${scenario})
  set(once "")
  if(label STREQUAL slow)
    set(once --once)
  endif()
  podsim_smoke(scenario.${name} ${label} ${run_scenario} ${once} ${scenario})
endforeach()

podsim_smoke(generated_docs quick podsim docs ${CMAKE_SOURCE_DIR} --check)
podsim_smoke(schemas quick ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/schema_test.py)
podsim_smoke(command_line quick ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/command_line_test.py)
podsim_smoke(kernel quick ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/kernel_smoke_test.py)
podsim_smoke(kernel_determinism quick ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/kernel_determinism_test.py)
podsim_smoke(validate_kernels quick ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/validate_kernels_test.py)
podsim_smoke(cache slow ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/cache_test.py)
podsim_smoke(claims quick ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/claims_test.py)
podsim_smoke(validate slow ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/validate_test.py)
podsim_smoke(interrupt slow ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/interrupt_test.py)
podsim_smoke(real_placement quick ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/real_placement_test.py)
podsim_smoke(readme slow ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/readme_test.py)
