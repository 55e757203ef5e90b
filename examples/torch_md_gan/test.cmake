# What torch_md_gan promises beside what it shares with train_md_gan: its outputs, and equal bits with batch
# normalization, on threads and processes and after a stop.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/../command_line/test.cmake)
set(ENV{OMP_WAIT_POLICY} passive)
set(tiny --channels 4,8 --latent 12 --batch 4 --workers 3)

# ---- Every output, and the bytes of the paper: two batches down, one up, of 4 samples of 64 values ----
expect_every_output(
  KEYS data feedback workers steps seconds frechet_distance generator_loss discriminator_loss digest
  NAMES generator discriminator latents classes running_mean)
value_of(down downlink_payload_bytes)
value_of(up uplink_payload_bytes)
expect_equal(${down} 24576 "bytes of samples")
expect_equal(${up} 12288 "bytes of feedbacks")

# ---- Equal bits: weights by their digest, running statistics by the samples of the generator and by checkpoints ----
set(counted 0)
function(run_and_sum variable)
  math(EXPR counted "${counted} + 1")
  run(0 ${tiny} ${ARGN} --quiet --json out.json --samples-csv samples.csv --checkpoint ${counted}.saddle)
  value_of(digest digest)
  file(MD5 ${SCRATCH}/samples.csv samples)
  file(MD5 ${SCRATCH}/${counted}.saddle checkpoint)
  set(${variable} "${digest} ${samples} ${checkpoint}" PARENT_SCOPE)
  set(counted ${counted} PARENT_SCOPE)
endfunction()
set(different "")
foreach(how IN ITEMS "--batches;1;--partition;dirichlet:0.3" "--feedback;qsgd8;--state;moves" "--discriminator-steps;2;--departures;2@4")
  list(APPEND how --exchange-epochs 0.0134)  # every other step
  run_and_sum(whole ${how} --steps 6 --threads 1)
  value_of(exchanges exchanges)
  expect_equal(${exchanges} 3 "exchanges (${how})")
  run_and_sum(threaded ${how} --steps 6 --threads 2)
  expect_equal("${whole}" "${threaded}" "one thread and two (${how})")
  string(REGEX REPLACE " .*" "" digest "${whole}")
  digest(half ${tiny} ${how} --steps 3 --checkpoint half.saddle)
  run_and_sum(resumed ${how} --steps 6 --resume half.saddle)
  expect_equal("${whole}" "${resumed}" "a whole run and a resumed one (${how})")
  digest(often ${tiny} ${how} --steps 6 --evaluate-every 1)
  expect_equal("${often}" "${digest}" "evaluating in every step and at the end (${how})")
  list(APPEND different ${digest})
  set(last ${how})
endforeach()
list(REMOVE_DUPLICATES different)
list(LENGTH different count)
expect_equal(${count} 3 "each run has a digest of its own")
if(MPIRUN)
  execute_process(COMMAND ${MPIRUN} -n 2 ${PROGRAM} ${tiny} ${last} --steps 6 --quiet --json out.json
                          --samples-csv samples.csv --checkpoint ranks.saddle
                  WORKING_DIRECTORY ${SCRATCH} RESULT_VARIABLE result ERROR_VARIABLE errors)
  expect_equal("${result}" 0 "mpirun: ${errors}")
  value_of(digest digest)
  file(MD5 ${SCRATCH}/samples.csv samples)
  file(MD5 ${SCRATCH}/ranks.saddle checkpoint)
  expect_equal("${digest} ${samples} ${checkpoint}" "${whole}" "two processes and one")
endif()

# ---- MD-GAN's own networks, whose discriminator couples a batch, on twenty images of 28 x 28 ----
execute_process(
  COMMAND sh -c "{ printf '\\000\\000\\010\\003\\000\\000\\000\\024\\000\\000\\000\\034\\000\\000\\000\\034'
                   yes 0123456789 | head -c 15680; } >images
                 for i in 0 1; do printf '0\\n1\\n2\\n3\\n4\\n5\\n6\\n7\\n8\\n9\\n'; done >labels"
  WORKING_DIRECTORY ${SCRATCH} RESULT_VARIABLE result)
expect_equal(${result} 0 "writing images and labels")
set(published --networks published --data idx:images --labels labels --batch 2 --workers 2)
digest(whole ${published} --steps 4 --threads 1)
value_of(networks networks)
expect_equal(${networks} published "networks in JSON")
value_of(parameters discriminator_parameters)
expect_equal(${parameters} 3456251 "parameters of the discriminator")
digest(threaded ${published} --steps 4 --threads 2)
expect_equal(${whole} ${threaded} "one thread and two (published networks)")
digest(first ${published} --steps 2 --checkpoint published.saddle)
digest(resumed ${published} --steps 4 --resume published.saddle)
expect_equal(${whole} ${resumed} "a whole run and a resumed one (published networks)")

# ---- What is refused: code 2, one line, no file ----
function(expect_refusal pattern)
  run(2 ${ARGN} --json none.json)
  if(NOT errors MATCHES "^torch_md_gan: [^\n]*${pattern}[^\n]*\n$" OR NOT output STREQUAL "")
    message(FATAL_ERROR "${ARGN}: no '${pattern}' in\n${errors}${output}")
  endif()
  files_like(written none.*)
  expect_equal("${written}" "" "a refused run wrote")
endfunction()
expect_refusal("there is no 'ring8', only digits, idx" --data ring8)
expect_refusal("images of 8x8x1 do not halve 4 times" --channels 4,4,4,4)
expect_refusal("has no room for 10 classes" --latent 10)
expect_refusal("4 batches for 3 workers" ${tiny} --batches 4)
expect_refusal("1798 workers" --workers 1798)
expect_refusal("unknown option --hidden" --hidden 4)
expect_refusal("another run" ${tiny} --seed 2 --resume half.saddle)
expect_refusal("another run" --channels 4,4 --latent 12 --batch 4 --workers 3 --resume half.saddle)
expect_refusal("another run" --data idx:images --labels labels --batch 2 --workers 2 --resume published.saddle)
expect_refusal("are for images of 28x28x1 and of 32x32x3, not of 8x8x1" --networks published)
expect_refusal("--channels: --networks published have sizes of their own" --networks published --channels 4)
expect_refusal("--networks" --networks dgan)
expect_refusal("no/such.pt" --export no/such.pt)
