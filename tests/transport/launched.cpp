#include "saddle/transport/launched.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

using namespace saddle;

namespace {

using variables = std::map<std::string, std::string>;

/// The variables that launchers set, as they are here and no others; put back at the end.
class environment {
 public:
  explicit environment(variables only) : set_(std::move(only)) {
    for (char const* const name : {"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "PMI_SIZE", "PMI_RANK", "PMIX_RANK",
                                   "MPI_LOCALNRANKS", "MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK",
                                   "SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "SLURM_NTASKS"}) {
      if (char const* const value = std::getenv(name)) before_[name] = value;
      ::unsetenv(name);
    }
    for (auto const& [name, value] : set_) ::setenv(name.c_str(), value.c_str(), 1);
  }
  ~environment() {
    for (auto const& [name, value] : set_) ::unsetenv(name.c_str());
    for (auto const& [name, value] : before_) ::setenv(name.c_str(), value.c_str(), 1);
  }
  environment(environment const&) = delete;
  environment& operator=(environment const&) = delete;

 private:
  variables before_, set_;
};

int launched_with(variables const& only) {
  environment const here(only);
  return launched_processes();
}

}  // namespace

TEST_CASE("a process knows from its environment what a launcher has started with it") {
  CHECK(launched_with({}) == 1);
  CHECK(launched_with({{"OMPI_COMM_WORLD_SIZE", "1"}, {"OMPI_COMM_WORLD_RANK", "0"}}) == 1);
  CHECK(launched_with({{"OMPI_COMM_WORLD_SIZE", "4"}, {"OMPI_COMM_WORLD_RANK", "0"}}) == 4);
  CHECK(launched_with({{"PMI_SIZE", "3"}}) == 3);
  CHECK(launched_with({{"MPI_LOCALNRANKS", "2"}}) == 2);
  CHECK(launched_with({{"MV2_COMM_WORLD_SIZE", "5"}}) == 5);
  // srun, with no process management that MPI would be told by.
  CHECK(launched_with({{"SLURM_STEP_NUM_TASKS", "4"}, {"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}}) == 4);
  CHECK(launched_with({{"SLURM_PROCID", "2"}}) == 3);
  CHECK(launched_with({{"PMIX_RANK", "1"}}) == 2);
  // A batch script of 4 tasks that starts one process by itself.
  CHECK(launched_with({{"SLURM_NTASKS", "4"}, {"SLURM_PROCID", "0"}}) == 1);
  CHECK(launched_with({{"SLURM_STEP_NUM_TASKS", "1"}, {"SLURM_PROCID", "0"}}) == 1);
  CHECK(launched_with({{"PMI_SIZE", "many"}, {"SLURM_PROCID", ""}}) == 1);
}

TEST_CASE("a process that knows of no other refuses where there are some") {
  {
    environment const alone(variables{{"OMPI_COMM_WORLD_SIZE", "1"}});
    CHECK_NOTHROW(expects_alone("mpi"));
  }
  environment const one_of_four(variables{{"SLURM_STEP_NUM_TASKS", "4"}, {"SLURM_PROCID", "0"}});
  CHECK_THROWS_WITH_AS(expects_alone("mpi"),
                       "mpi: a launcher has started 4 processes or more, but this one is alone: each would train by "
                       "itself and write the same files. Start them by mpirun, or by srun with the --mpi that this MPI "
                       "was built for",
                       std::invalid_argument);
}
