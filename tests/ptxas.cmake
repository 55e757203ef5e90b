# Has ptxas assemble PTX, which the build of SOURCE has kept and machine_code.cmake reads too, for its architecture and
# for 9.0, and reads what that reports of saddle's kernel template `run_buckets`: as many kernels as the line
# '// kernels: N' of SOURCE says, each without spills and within the shared memory that every kernel may have, and
# without stack but where tiles lie there: those of buckets for 512 lanes. Those for full buckets of float leave room
# for 12 warps on a multiprocessor; few buckets take the others.
#
# The PTX of the oldest serves all: no kernel asks which architecture it is for, so that of another is the same code.
file(STRINGS ${PTX} target REGEX "^\\.target sm_[0-9]+")
string(REGEX REPLACE "^.target sm_([0-9]+).*" "\\1" oldest "${target}")
set(architectures ${oldest} 90)
list(REMOVE_DUPLICATES architectures)
set(most_registers_allowed_80 255)
set(most_registers_of_float_allowed_80 144)  # of 65536, where buckets are full
set(most_shared_allowed_80 49152)
set(most_registers_allowed_90 255)
set(most_registers_of_float_allowed_90 144)  # of 65536, where buckets are full
set(most_shared_allowed_90 49152)

file(STRINGS ${SOURCE} expected REGEX "^// kernels: [0-9]+")
if(NOT expected MATCHES "^// kernels: ([0-9]+)")
  message(FATAL_ERROR "${SOURCE} has no line '// kernels: N'")
endif()
set(expected ${CMAKE_MATCH_1})

string(REGEX REPLACE "([][])" "[\\1]" here "${INCLUDE}")
file(GLOB_RECURSE headers ${here}/*.hpp ${here}/*.cuh)
foreach(header IN LISTS headers)
  file(STRINGS ${header} asks REGEX "__CUDA_ARCH__ *[<>=!]|[<>=!] *__CUDA_ARCH__|NV_IF|NV_PROVIDES")
  if(asks)
    message(FATAL_ERROR "${header} depends on the architecture, so each needs PTX of its own here: ${asks}")
  endif()
endforeach()

set(assemble ${CMAKE_COMMAND} -E env LC_ALL=C ${COMPILER} -O3 -Xptxas -v)
foreach(architecture IN LISTS architectures)
  list(APPEND assemble -gencode arch=compute_${oldest},code=sm_${architecture})
endforeach()
execute_process(COMMAND ${assemble} -fatbin ${PTX} -o ${PTX}.fatbin RESULT_VARIABLE result OUTPUT_VARIABLE output
                ERROR_VARIABLE output)
if(NOT result EQUAL 0)
  message("${output}")
  message(FATAL_ERROR "ptxas must accept ${PTX}; its output is above")
endif()

# One element for each entry function, and what precedes the first. A function that was not inlined is reported
# with the entry function that it follows, so its stack counts too.
string(REGEX REPLACE "[][;]" "_" output "${output}")
string(REPLACE "Compiling entry function '" ";" reports "${output}")
foreach(architecture IN LISTS architectures)
  set(kernels_${architecture} 0)
  set(most_registers_${architecture} 0)
  set(most_registers_of_float_${architecture} 0)
endforeach()
set(faults "")
foreach(report IN LISTS reports)
  if(NOT report MATCHES "^(_ZN6saddle[0-9]+[a-z]+11run_bucketsI[A-Za-z0-9_]*)' for 'sm_([0-9]+)'")
    continue()  # another library's
  endif()
  set(architecture ${CMAKE_MATCH_2})
  set(kernel "sm_${architecture}, ${CMAKE_MATCH_1}")
  math(EXPR kernels_${architecture} "${kernels_${architecture}} + 1")

  string(REGEX MATCHALL "[0-9]+ bytes stack frame, [0-9]+ bytes spill stores, [0-9]+ bytes spill loads" stacks
         "${report}")
  if(NOT stacks)
    string(APPEND faults "  nothing is said of its stack: ${kernel}\n")
  endif()
  foreach(stack IN LISTS stacks)
    if(kernel MATCHES "10cuda_blockILi512E")
      string(REGEX REPLACE "^[0-9]+ bytes stack" "0 bytes stack" stack "${stack}")
    endif()
    if(NOT stack STREQUAL "0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads")
      string(APPEND faults "  ${stack}: ${kernel}\n")
    endif()
  endforeach()

  if(NOT report MATCHES "Used ([0-9]+) registers")
    string(APPEND faults "  nothing is said of its registers: ${kernel}\n")
  else()
    set(registers ${CMAKE_MATCH_1})
    set(of "")
    # How whole buckets, and the template argument double, are mangled.
    if(kernel MATCHES "run_bucketsILNS0_12buckets_thatE0E" AND NOT kernel MATCHES "[EI]d[NL]")
      set(of _of_float)
    endif()
    set(most ${most_registers${of}_allowed_${architecture}})
    if(registers GREATER most_registers${of}_${architecture})
      set(most_registers${of}_${architecture} ${registers})
    endif()
    if(NOT registers LESS_EQUAL most)
      string(APPEND faults "  ${registers} registers, more than ${most}: ${kernel}\n")
    endif()
  endif()
  set(most ${most_shared_allowed_${architecture}})
  if(report MATCHES "([0-9]+) bytes smem" AND NOT CMAKE_MATCH_1 LESS_EQUAL most)
    string(APPEND faults "  ${CMAKE_MATCH_1} bytes of shared memory, more than ${most}: ${kernel}\n")
  endif()
endforeach()

foreach(architecture IN LISTS architectures)
  if(NOT kernels_${architecture} EQUAL expected)
    string(APPEND faults "  sm_${architecture}: ${kernels_${architecture}} kernels, but ${SOURCE} says "
                         "'// kernels: ${expected}'\n")
  endif()
endforeach()
if(faults)
  message(FATAL_ERROR "ptxas reports of saddle's kernels:\n${faults}")
endif()
foreach(architecture IN LISTS architectures)
  message("sm_${architecture}: ${kernels_${architecture}} kernels, at most ${most_registers_of_float_${architecture}} "
          "registers (short, or of double: ${most_registers_${architecture}}), no spills")
endforeach()
