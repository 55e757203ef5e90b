#pragma once

/// saddle.hpp, and what needs Eigen or zlib: games, GANs, their data, their metrics. The target saddle::games defines
/// EIGEN_MAX_ALIGN_BYTES=64: without CMake define it for the whole program if its files have different -march.
#include "saddle/data/cifar.hpp"
#include "saddle/data/digits.hpp"
#include "saddle/data/idx.hpp"
#include "saddle/data/labels.hpp"
#include "saddle/data/mixture.hpp"
#include "saddle/metric/frechet.hpp"
#include "saddle/metric/inception_score.hpp"
#include "saddle/metric/modes.hpp"
#include "saddle/metric/nearest_neighbour.hpp"
#include "saddle/problem/acgan.hpp"
#include "saddle/problem/bilinear.hpp"
#include "saddle/problem/classifier.hpp"
#include "saddle/problem/dirac_gan.hpp"
#include "saddle/problem/mlp_gan.hpp"
#include "saddle/problem/partition.hpp"
#include "saddle/problem/policeman_burglar.hpp"
#include "saddle/problem/quadratic_game.hpp"
#include "saddle/problem/robust_least_squares.hpp"
#include "saddle/saddle.hpp"
#include "saddle/topology/mixing_matrix.hpp"
