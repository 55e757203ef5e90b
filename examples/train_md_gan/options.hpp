#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <saddle/algorithm/md_gan_settings.hpp>

namespace train_md_gan {

/// Everything that the command line says, the defaults of its data filled in.
struct options {
  std::string data = "digits", labels, feedbacks = "identity";
  int workers = 10, batch = 0, batches = 0, discriminator_steps = 1, threads = 1, latent = 0;
  std::vector<int> hidden;
  double exchange_epochs = 1, step_size = 0, beta1 = 0.5;
  saddle::exchanged_state state = saddle::exchanged_state::stays;
  std::vector<saddle::departure> departures;
  std::uint64_t seed = 1;
  std::int64_t steps = 0, evaluate_every = 0, every = 0;  // 0: only at the end
  std::chrono::milliseconds deadline{};
  std::string json, samples, samples_csv, checkpoint, resume, classifier;
  bool quiet = false;
};

inline constexpr char const* feedback_names[] = {"identity", "qsgd8", "qsgd4", "top-k"};

/// errors  std::invalid_argument with one line on what is wrong
/// exits   with 0 after --help
options parse(int argc, char** argv);

}  // namespace train_md_gan
