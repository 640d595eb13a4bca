# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0

# Warnings are errors in our own code; libraries are SYSTEM includes.
add_library(podsim_warnings INTERFACE)
target_compile_options(podsim_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual -Werror)

if(PODSIM_SANITIZE)
  # Instrumented code makes g++ 12 see uninitialized members inside std::regex.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  add_link_options(-fsanitize=address,undefined)
endif()
if(PODSIM_FUZZ)  # the layers too, so that the fuzzer sees which branches an input takes
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
endif()

# podsim_layer(NAME LINK ...): the sources under src/NAME as the static library podsim::NAME.
function(podsim_layer name)
  cmake_parse_arguments(LAYER "" "" "LINK" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  if(NOT sources)  # a layer not yet begun
    add_library(podsim_${name} INTERFACE)
    add_library(podsim::${name} ALIAS podsim_${name})
    target_link_libraries(podsim_${name} INTERFACE ${LAYER_LINK})
    return()
  endif()
  add_library(podsim_${name} STATIC ${sources})
  add_library(podsim::${name} ALIAS podsim_${name})
  set_target_properties(podsim_${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_include_directories(podsim_${name} PUBLIC ${CMAKE_SOURCE_DIR}/include PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(podsim_${name} PUBLIC ${LAYER_LINK} PRIVATE podsim_warnings)
endfunction()
