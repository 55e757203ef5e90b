# What torch_dcgan promises beside what it shares with train_gan: equal bits with batch normalization, and its outputs.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/../command_line/test.cmake)
set(ENV{OMP_WAIT_POLICY} passive)
set(tiny --channels 4,8 --latent 4 --batch 4 --workers 2)

# ---- Every output ----
expect_every_output(
  KEYS method optimizer compressor error_feedback topology buffers workers steps parameters uplink_bytes
       frechet_distance generator_loss discriminator_loss spread digest
  NAMES generator discriminator running_mean num_batches_tracked)
value_of(value buffers)
expect_equal(${value} averaged "buffers")

# ---- Equal bits ----
foreach(policies IN ITEMS "--method;dqgan" "--method;fl-gan;--local-steps;2;--buffers;first"
                          "--buffers;own;--method;dposg;--accelerated;--rounds;2"
                          "--r1;1;--loss;wasserstein;--optimizer;extra-adam")
  digest(whole ${tiny} ${policies} --steps 4 --threads 1 --samples-csv whole.csv)
  digest(other ${tiny} ${policies} --steps 4 --threads 2 --evaluate-every 1)
  expect_equal(${whole} ${other} "one thread and two that evaluate in every step (${policies})")
  digest(half ${tiny} ${policies} --steps 2 --checkpoint half.saddle)
  digest(resumed ${tiny} ${policies} --steps 4 --resume half.saddle --samples-csv resumed.csv)
  expect_equal(${whole} ${resumed} "a whole run and a resumed one (${policies})")
  # Samples depend on the running statistics, which a digest of weights does not see.
  file(READ ${SCRATCH}/whole.csv whole)
  file(READ ${SCRATCH}/resumed.csv resumed)
  expect_equal("${whole}" "${resumed}" "samples of a whole run and a resumed one (${policies})")
endforeach()
set(digests "")
foreach(rule IN ITEMS averaged own first)
  run(0 ${tiny} --steps 3 --buffers ${rule} --samples-csv ${rule}.csv)
  file(MD5 ${SCRATCH}/${rule}.csv sum)
  list(APPEND digests ${sum})
endforeach()
list(REMOVE_DUPLICATES digests)
list(LENGTH digests different)
if(different LESS 2)
  message(FATAL_ERROR "--buffers changes no sample")
endif()
digest(iid ${tiny} --steps 3)
digest(differs ${tiny} --steps 3 --partition shards:1)
value_of(distance label_distance)
if(iid STREQUAL differs OR distance LESS 0.3)
  message(FATAL_ERROR "--partition shards:1 changes nothing, or too little: labels are ${distance} apart")
endif()
if(MPIRUN)
  digest(one ${tiny} --steps 3 --evaluate-every 1 --samples-csv one.csv --checkpoint one.saddle)
  execute_process(COMMAND ${MPIRUN} -n 2 ${PROGRAM} ${tiny} --steps 3 --quiet --json out.json --samples-csv two.csv
                          --checkpoint two.saddle
                  WORKING_DIRECTORY ${SCRATCH} RESULT_VARIABLE result ERROR_VARIABLE errors)
  expect_equal("${result}" 0 "mpirun: ${errors}")
  value_of(two digest)
  expect_equal(${two} ${one} "two processes and one")
  foreach(file IN ITEMS csv saddle)
    file(MD5 ${SCRATCH}/one.${file} of_one)
    file(MD5 ${SCRATCH}/two.${file} of_two)
    expect_equal(${of_two} ${of_one} "two processes and one (${file})")
  endforeach()
endif()

# ---- What is refused, in one line ----
function(expect_refusal pattern)
  run(2 ${ARGN})
  if(NOT errors MATCHES "^torch_dcgan: [^\n]*${pattern}[^\n]*\n$")
    message(FATAL_ERROR "${ARGN}: no '${pattern}' in\n${errors}")
  endif()
endfunction()
expect_refusal("there is no 'ring8', only digits, idx" --data ring8)
expect_refusal("images of 8x8x1 do not halve 4 times" --channels 4,4,4,4)
expect_refusal("there is no 'mine', only averaged, own, first" --buffers mine)
expect_refusal("--buffers first goes with a server" --buffers first --topology ring)
expect_refusal("--accelerated goes with --buffers own" --method dposg --accelerated)
expect_refusal("'0' is no number" --channels 0)
expect_refusal("no/such.pt" --export no/such.pt)
