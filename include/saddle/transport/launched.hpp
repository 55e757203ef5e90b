#pragma once
#include <algorithm>
#include <cstdlib>
#include <string>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"

SADDLE_NAMESPACE_BEGIN

/// How many processes, this one included, a launcher says that it has started: 1 where none says anything.
///
/// mpirun      of Open MPI, MPICH, Intel MPI and MVAPICH: the size of the world
/// srun        SLURM_STEP_NUM_TASKS. Not SLURM_NTASKS, which a batch script has too that starts a single process
/// ranks       where only the number of this one is known (PMIx), there are at least so many and one
inline int launched_processes() {
  auto const number = [](char const* name) {
    char const* const text = std::getenv(name);
    return text == nullptr ? 0 : std::atoi(text);
  };
  int most = 1;
  for (char const* const size : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MPI_LOCALNRANKS", "MV2_COMM_WORLD_SIZE",
                                 "SLURM_STEP_NUM_TASKS"})
    most = std::max(most, number(size));
  for (char const* const rank : {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", "MV2_COMM_WORLD_RANK",
                                 "SLURM_PROCID"})
    most = std::max(most, number(rank) + 1);
  return most;
}

/// Of a process that knows of no other: that no launcher speaks of others. They would all do the same work, and write
/// the same files.
/// errors  std::invalid_argument, in the name of `who`
inline void expects_alone(char const* who) {
  int const all = launched_processes();
  expects(all == 1, [&] {
    return std::string(who) + ": a launcher has started " + std::to_string(all) +
           " processes or more, but this one is alone: each would train by itself and write the same files. Start them "
           "by mpirun, or by srun with the --mpi that this MPI was built for";
  });
}

SADDLE_NAMESPACE_END
