#pragma once

/// saddle.hpp, and what needs Boost.MPI: workers on several processes.
#include "saddle/saddle.hpp"
#include "saddle/transport/mpi.hpp"
