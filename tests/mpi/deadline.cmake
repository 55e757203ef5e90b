# When rank 1 fails, all end within the deadline of 3 seconds and 5 more, with an error that names it.
string(TIMESTAMP begin %s)
execute_process(COMMAND ${MPIEXEC} -n 3 ${PROGRAM} ${FAILURE} RESULT_VARIABLE code OUTPUT_VARIABLE output
                ERROR_VARIABLE errors TIMEOUT 60)
string(TIMESTAMP end %s)
math(EXPR seconds "${end} - ${begin}")
if(code EQUAL 0 OR output MATCHES "all steps were done")
  message(FATAL_ERROR "with rank 1 ${FAILURE} the program ended with ${code}:\n${output}${errors}")
endif()
if(seconds GREATER 9)  # whole seconds, the start of mpirun included
  message(FATAL_ERROR "with rank 1 ${FAILURE} the others ended after ${seconds} seconds:\n${output}${errors}")
endif()
if(NOT "${output}${errors}" MATCHES "rank 1")
  message(FATAL_ERROR "with rank 1 ${FAILURE} no error names it:\n${output}${errors}")
endif()
if(FAILURE MATCHES "stopped|lost" AND NOT errors MATCHES "rank [02], step [567], round 0: rank 1 (has not|sent)")
  message(FATAL_ERROR "with rank 1 ${FAILURE} no error says who waited for it, and when:\n${errors}")
endif()
message(STATUS "rank 1 ${FAILURE}: ${seconds} s, exit code ${code}")
