# find_package(fantail): what a program of one's own links. Debian's packages besides: libzmq3-dev cppzmq-dev
# libabsl-dev libisal-dev libzstd-dev pkg-config.
#
#   target_link_libraries(my-desk PRIVATE fantail::desk)    # fantail/net/desk_client.h, and what it includes
#   target_link_libraries(my-tool PRIVATE fantail::bus)     # fantail/net/bus_client.h, fantail/net/bus_server.h
include(CMakeFindDependencyMacro)
find_dependency(absl)
find_dependency(cppzmq)
find_dependency(PkgConfig)
pkg_check_modules(ISAL REQUIRED IMPORTED_TARGET libisal)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
include(${CMAKE_CURRENT_LIST_DIR}/fantail-targets.cmake)
foreach(name desk bus)
  if(NOT TARGET fantail::${name})
    add_library(fantail::${name} INTERFACE IMPORTED)
    target_link_libraries(fantail::${name} INTERFACE fantail::fantail_net)
  endif()
endforeach()
