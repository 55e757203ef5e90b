# What the tests of PROGRAM in the folder SCRATCH have in common.

file(REMOVE_RECURSE ${SCRATCH})
file(MAKE_DIRECTORY ${SCRATCH})

# run(CODE ARGUMENT...): in SCRATCH; leaves what was printed in `output` and `errors`.
function(run code)
  execute_process(COMMAND ${PROGRAM} ${ARGN} WORKING_DIRECTORY ${SCRATCH} RESULT_VARIABLE result
                  OUTPUT_VARIABLE output ERROR_VARIABLE errors)
  if(NOT result STREQUAL code)
    message(FATAL_ERROR "${PROGRAM} ${ARGN}\nended with ${result}, not ${code}\n${output}${errors}")
  endif()
  set(output "${output}" PARENT_SCOPE)
  set(errors "${errors}" PARENT_SCOPE)
endfunction()

# value_of(VARIABLE KEY): of the latest out.json. A key that is not there is an error.
function(value_of variable key)
  file(READ ${SCRATCH}/out.json json)
  string(JSON value GET "${json}" ${key})
  set(${variable} "${value}" PARENT_SCOPE)
endfunction()

# digest(VARIABLE ARGUMENT...): of a quiet run.
function(digest variable)
  run(0 ${ARGN} --quiet --json out.json)
  if(NOT "${output}${errors}" STREQUAL "")
    message(FATAL_ERROR "--quiet printed\n${output}${errors}")
  endif()
  value_of(value digest)
  if(NOT value MATCHES "^[0-9a-f]+$")
    message(FATAL_ERROR "the digest is ${value}")
  endif()
  set(${variable} ${value} PARENT_SCOPE)
endfunction()

# files_like(VARIABLE PATTERN): in SCRATCH, whose own path may have brackets.
function(files_like variable pattern)
  string(REGEX REPLACE "([][])" "[\\1]" here "${SCRATCH}")
  file(GLOB files RELATIVE ${SCRATCH} ${here}/${pattern})
  set(${variable} "${files}" PARENT_SCOPE)
endfunction()

function(expect_equal a b what)
  if(NOT a STREQUAL b)
    message(FATAL_ERROR "${what}: '${a}' and '${b}'")
  endif()
endfunction()
