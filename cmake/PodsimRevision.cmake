# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
# podsim::revision: the version and git revision, looked up at build time and rewritten only when they change.
set(revision_dir ${CMAKE_BINARY_DIR}/revision)
add_custom_target(podsim_revision_file
  COMMAND ${CMAKE_COMMAND} -DSOURCE_DIR=${CMAKE_SOURCE_DIR} -DVERSION=${PROJECT_VERSION}
          -DOUTPUT=${revision_dir}/podsim_revision.h -P ${CMAKE_SOURCE_DIR}/cmake/WriteRevision.cmake
  BYPRODUCTS ${revision_dir}/podsim_revision.h
  VERBATIM)
add_library(podsim_revision INTERFACE)
add_library(podsim::revision ALIAS podsim_revision)
add_dependencies(podsim_revision podsim_revision_file)
target_include_directories(podsim_revision INTERFACE ${revision_dir})
