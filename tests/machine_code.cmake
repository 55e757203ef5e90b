# Reads the PTX of saddle's kernels that ptxas.cmake has left: planes move in accesses of 16 bytes.
#
# Each kernel that reads planes at all must read so, and write so unless it is an encoder that keeps nothing. That is
# its copy for full buckets; in the other, for buckets that are short or begin anywhere, a plane takes an access for
# each of the lane's 16 slots, 4 with buckets of 128. So there are at most as many single numbers as numbers in accesses
# of 16 bytes, and a rule's fields, a message's scales and values. A loop that touches a plane one coordinate at a time
# in both copies has 32 more. random_k takes as many for the values of its messages, which belong to the slots drawn.
set(most_more_loads 31)
set(most_more_stores 7)

file(READ ${PTX} text)
string(REGEX REPLACE "[][;]" "_" text "${text}")
string(REPLACE ".entry " ";" kernels "${text}")
set(mode "(\\.global)?(\\.(ca|cg|cs|nc|wb))*")  # no other state space
set(four "${mode}\\.v4\\.[bfsu]32")
set(two "${mode}\\.v2\\.[bfsu]64")
set(scalar "${mode}\\.f(32|64)")

set(checked 0)
set(faults "")
foreach(kernel IN LISTS kernels)
  if(NOT kernel MATCHES "^(_ZN6saddle[0-9]+[a-z]+11run_bucketsI[A-Za-z0-9_]*)")
    continue()  # another library's
  endif()
  set(name ${CMAKE_MATCH_1})
  foreach(what IN ITEMS four two scalar)
    foreach(access IN ITEMS ld st)
      string(REGEX MATCHALL "[^.a-z]${access}${${what}} " found "${kernel}")
      list(LENGTH found ${access}_${what})
    endforeach()
  endforeach()
  foreach(access IN ITEMS ld st)
    math(EXPR ${access}_quad "${${access}_four} + ${${access}_two}")
    math(EXPR ${access}_more "${${access}_scalar} - 4 * ${${access}_four} - 2 * ${${access}_two}")
  endforeach()
  if(NOT kernel MATCHES "[^.a-z]ld${mode}\\.([bfsu]32|f64)" AND ld_quad EQUAL 0)
    continue()  # a look-ahead that this optimizer does not have
  endif()
  math(EXPR checked "${checked} + 1")
  set(counts "${ld_quad} loads and ${st_quad} stores of 16 bytes, ${ld_scalar} and ${st_scalar} of a number")
  message(VERBOSE "${counts}: ${name}")

  if(st_quad EQUAL 0 AND
     name MATCHES "encode_bodyINS0_7updatesILNS0_8feedbackE0E(Lb[01]E)*EENS0_(4qsgd|7natural|8random_k)")
    set(st_quad none)
  endif()
  set(values 0)
  if(name MATCHES "8random_kI")
    set(values 32)
  endif()
  math(EXPR loads "${ld_more} - ${values}")
  math(EXPR stores "${st_more} - ${values}")
  if(ld_quad EQUAL 0 OR st_quad EQUAL 0 OR loads GREATER most_more_loads OR stores GREATER most_more_stores)
    string(APPEND faults "  ${counts}: ${name}\n")
  endif()
endforeach()

if(checked EQUAL 0)
  message(FATAL_ERROR "${PTX} has none of saddle's kernels")
endif()
if(faults)
  message(FATAL_ERROR "kernels that touch a plane one coordinate at a time:\n${faults}")
endif()
message("${checked} kernels")
