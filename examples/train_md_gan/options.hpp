#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <saddle/algorithm/md_gan_settings.hpp>
#include <saddle/problem/partition.hpp>

#include "../command_line/run_options.hpp"

namespace train_md_gan {

/// What trains a data set well.
struct recipe {
  std::string_view data;
  std::vector<int> widths;
  int latent, batch;
  std::int64_t steps;
  double step_size;
};

/// Networks by name. Those with sizes of their own take no widths, and say how long a latent is; 0: the recipe does.
struct network_choice {
  std::string name, about;
  int latent = 0;
};

/// A program that trains one kind of pair.
struct md_gan_program {
  char const* name;
  char const* data_names;  // of the recipes
  char const* widths;      // the option
  char const* about_widths;
  bool of_modules;  // exports
  std::vector<network_choice> networks = {};  // the first is the default; none: there is one kind, without a name
  std::vector<std::string> examples;
  std::vector<recipe> recipes;
};

/// Everything that the command line says, the defaults of its data filled in.
struct options : command_line::run_options {
  std::string data = "digits", labels, networks, feedbacks = "identity";
  int workers = 10, batch = 0, batches = 0, discriminator_steps = 1, threads = 1, latent = 0;
  std::vector<int> widths;  // of both networks; none where these have sizes of their own
  double exchange_epochs = 1, step_size = 0, beta1 = 0.5;
  saddle::data_partition partition = {};
  saddle::exchanged_state state = saddle::exchanged_state::stays;
  std::vector<saddle::departure> departures;
  std::uint64_t seed = 1;
  std::chrono::milliseconds deadline{};
};

inline constexpr char const* feedback_names[] = {"identity", "qsgd8", "qsgd4", "top-k"};

/// errors  std::invalid_argument with one line on what is wrong
/// throws  answer: what --help or --version asked for
options parse(md_gan_program const& program, int argc, char** argv);

}  // namespace train_md_gan
