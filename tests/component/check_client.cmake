# check-client: the examples of clients/README.md, every misdeed, and every client that is built.

if(TARGET ti_run AND TARGET adapter_openssl)
  find_package(OpenSSL 3.0 REQUIRED)
  add_executable(component_example_adapter fakes/example_adapter.cpp)
  target_link_libraries(component_example_adapter PRIVATE adapter_common OpenSSL::SSL)
  ti_lives_under_libfaketime(component_example_adapter)

  add_executable(component_check_client check_client_conformance.cpp)
  target_include_directories(component_check_client PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(component_check_client PRIVATE ti_check where GTest::gmock GTest::gtest_main)
  add_dependencies(component_check_client component_example_adapter)
  add_test(NAME component.check_client COMMAND component_check_client)
  set_tests_properties(component.check_client PROPERTIES LABELS component TIMEOUT 300)
endif()

if(TARGET ticket-interop)
  add_test(NAME clients.readme
    COMMAND python3 -B ${CMAKE_CURRENT_SOURCE_DIR}/clients_readme.py $<TARGET_FILE:ticket-interop> ${PROJECT_SOURCE_DIR})
  set_tests_properties(clients.readme PROPERTIES LABELS clients)

  # One entry a client that is built, found when ctest starts.
  file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/clients_program.cmake
    CONTENT "set(program \"$<TARGET_FILE:ticket-interop>\")\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES
    ${CMAKE_CURRENT_BINARY_DIR}/clients_program.cmake ${CMAKE_CURRENT_SOURCE_DIR}/clients_tests.cmake)
endif()
