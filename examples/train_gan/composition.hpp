#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <saddle/saddle.hpp>

#include "../command_line/processes.hpp"
#include "shared_game.hpp"

namespace train_gan {

using namespace command_line;

/// The policies of a run, by name, and what tunes them. The names are checked where the options are.
struct composition {
  std::string optimizer, compressor, topology, downlink, correction = "none";
  saddle::feedback feedback = saddle::feedback::none;
  saddle::adapts adapts = saddle::adapts::on_worker;
  double step_size = 0, max_step_size = 0;
  int rounds = 1;
  int local_steps = 1;  // the workers exchange every so many steps
  bool accelerated = false;
  saddle::gossip_order order = saddle::gossip_order::adapt_then_combine;
  std::optional<double> consensus_step;
  int workers = 1, threads = 1;
  connection transport{};
  saddle::settings run;
};

/// A GAN as it is trained on one machine, and FL-GAN's: it comes with identity alone.
using discriminator_first = saddle::alternating_players<saddle::adam, saddle::adam, saddle::first_mover::max>;

using optimizers = std::tuple<saddle::sgda, saddle::alternating_sgda, saddle::omd, saddle::averaged_omd,
                              saddle::extragradient, saddle::averaged_extragradient, saddle::adam,
                              saddle::optimistic_adam, saddle::extra_adam, discriminator_first>;

/// One file for each, because it compiles the compressor with every optimizer and topology.
/// errors  std::invalid_argument: the combination does not exist, in one line
using maker = saddle::trainer<float>(shared_game const&, composition const&);
maker make_identity, make_top_k, make_global_top_k, make_random_k, make_qsgd2, make_qsgd4, make_qsgd8, make_natural,
    make_half, make_bfloat, make_scaled_sign, make_adacomp_residual;

/// Those with a correction, which come with identity and few optimizers.
maker make_tracked, make_controlled;

struct correction_choice {
  std::string_view name;
  maker* make;
};
inline constexpr correction_choice corrections[] = {
    {"none", nullptr}, {"tracked", make_tracked}, {"controlled", make_controlled}};

struct compressor_choice {
  std::string_view name;
  bool lossy;
  maker* make;
};
inline constexpr compressor_choice compressors[] = {
    {"identity", false, make_identity},
    {"top-k", true, make_top_k},
    {"global-top-k", true, make_global_top_k},
    {"random-k", true, make_random_k},
    {"qsgd2", true, make_qsgd2},
    {"qsgd4", true, make_qsgd4},
    {"qsgd8", true, make_qsgd8},
    {"natural", true, make_natural},
    {"half", true, make_half},
    {"bfloat", true, make_bfloat},
    {"scaled-sign", true, make_scaled_sign},
    {"adacomp-residual", true, make_adacomp_residual}};

/// What is kept beside a lossy compressor.
struct feedback_choice {
  std::string_view name;
  saddle::feedback kind;
};
inline constexpr feedback_choice feedbacks[] = {
    {"memory", saddle::feedback::error}, {"ef21", saddle::feedback::difference}, {"none", saddle::feedback::none}};

std::vector<std::string> graph_names();
/// The graph that is the topology.
/// errors  std::invalid_argument: there is none of this name, or not for so many workers
saddle::mixing_graph graph_of(composition const& how);
/// The same, its rounds accelerated.
saddle::accelerated_gossip accelerated(composition const& how);

}  // namespace train_gan
