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

# expect_every_output(KEYS KEY... NAMES NAME...): of a run of a program with torch modules that is ${tiny}. No KEY of its
# JSON is null, no file is empty, and the state dicts have NAMES.
function(expect_every_output)
  cmake_parse_arguments(PARSE_ARGV 0 wanted "" "" "KEYS;NAMES")
  run(0 ${tiny} --steps 4 --evaluate-every 2 --json out.json --samples out.png --samples-csv out.csv --strip strip.png
      --log log.csv --checkpoint out.saddle --export out.pt)
  foreach(key IN LISTS wanted_KEYS)
    value_of(value ${key})
    if(value STREQUAL "")
      message(FATAL_ERROR "${key} is null")
    endif()
  endforeach()
  files_like(left *)
  expect_equal("${left}" "log.csv;out.csv;out.json;out.png;out.pt;out.saddle;strip.png" "the files of a run")
  foreach(file IN LISTS left)
    file(SIZE ${SCRATCH}/${file} size)
    if(size LESS 100)
      message(FATAL_ERROR "${file} has only ${size} bytes")
    endif()
  endforeach()
  foreach(name IN LISTS wanted_NAMES)
    file(STRINGS ${SCRATCH}/out.pt found REGEX ${name})
    if(found STREQUAL "")
      message(FATAL_ERROR "out.pt has no ${name}")
    endif()
  endforeach()
endfunction()
