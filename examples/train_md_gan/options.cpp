#include "options.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <thread>

#include <CLI/CLI.hpp>

#include "../command_line/arguments.hpp"
#include "../command_line/data_set.hpp"
#include "../command_line/option_values.hpp"
#include "../command_line/processes.hpp"

namespace train_md_gan {
namespace {

using namespace command_line;

/// What --help says of the recipes.
std::vector<std::vector<std::string>> defaults(md_gan_program const& program) {
  std::vector<std::vector<std::string>> rows = {
      {"--data", program.widths, "--latent", "--batch", "--steps", "--step-size"}};
  for (recipe const& r : program.recipes) {
    char step_size[32];
    *std::to_chars(step_size, std::end(step_size), r.step_size).ptr = '\0';
    std::string widths;
    for (int const w : r.widths) widths.append(widths.empty() ? "" : ",").append(std::to_string(w));
    rows.push_back({std::string(r.data), widths, std::to_string(r.latent), std::to_string(r.batch),
                    std::to_string(r.steps), step_size});
  }
  return rows;
}

[[noreturn]] void refuse(std::string const& why) { throw std::invalid_argument(why); }

/// WORKER@STEP.
saddle::departure departure_of(std::string const& text) {
  saddle::departure d{};
  char const *const end = text.data() + text.size(), *const at = std::find(text.data(), end, '@');
  auto const [worker_end, worker_error] = std::from_chars(text.data(), at, d.worker);
  auto const [step_end, step_error] = std::from_chars(std::min(at + 1, end), end, d.step);
  if (worker_error != std::errc{} || worker_end != at || step_error != std::errc{} || step_end != end)
    refuse("--departures: '" + text + "' is no WORKER@STEP");
  return d;
}

}  // namespace

options parse(md_gan_program const& program, int argc, char** argv) {
  options o;
  double deadline = 300;
  std::string state = "stays", partition = "iid";
  std::vector<std::string> departures;
  std::optional<int> batch, batches, latent, threads;
  std::optional<double> step_size;

  CLI::App app{"Trains MD-GAN: one generator on a server, a discriminator on every worker next to its data.",
               program.name};
  app.get_formatter()->column_width(34);
  CLI::Validator const positive = between(1, 1 << 24);
  std::vector<std::string> const states = {"stays", "moves", "resets"};
  std::vector<std::string> const feedbacks(std::begin(feedback_names), std::end(feedback_names));
  std::string group;
  auto const add = [&](char const* name, auto& value, std::string const& about) {
    return app.add_option(name, value, about)->group(group);
  };

  group = "What";
  add("--data", o.data, std::string(program.data_names) + " (default digits)");
  add("--labels", o.labels,
      "The samples' classes: an IDX file of labels, or text with one number from 0 to 255 a line; needed where the "
      "data have none, as idx:FILE, and taken in place of those they have");
  add("--partition", partition, "Of the data over the workers: " + std::string(partition_names) + " (default iid)");
  add_length(app, o, group);
  add("--seed", o.seed, "Same seed, same weights (default 1)")
      ->check(between(std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max()));

  group = "MD-GAN";
  add("--workers", o.workers, "Each with its part of the data (default 10)")->check(positive);
  add("--batch", batch, "Samples of a batch, real or generated")->check(positive);
  add("--batches", batches, "Generated batches a step, k (default: the logarithm of the workers to base 2, rounded up)")
      ->check(positive);
  add("--discriminator-steps", o.discriminator_steps, "Of each discriminator in a step, L (default 1)")
      ->check(positive);
  add("--exchange-epochs", o.exchange_epochs,
      "Epochs of a worker's data from one exchange of discriminators to the next; 0: none (default 1)")
      ->check(between(0.0, 1e9));
  add("--state", state, "What the exchange does to Adam's moments: " + listed(states) + " (default the first)")
      ->check(one_of(states));
  add("--feedback", o.feedbacks, "The compressor of the feedbacks: " + listed(feedbacks) +
                                     "; top-k is biased, with its error feedback too (default the first)")
      ->check(one_of(feedbacks));
  add("--departures", departures, "WORKER@STEP,...: takes part in the steps before that one, and in no other")
      ->delimiter(',');
  add("--step-size", step_size, "Adam's, of both players")
      ->check(number<double>([](double x) { return x > 0 && std::isfinite(x); }, "above 0"));
  add("--beta1", o.beta1, "Adam's (default 0.5)")->check(between(0.0, 0.999999));
  if (!program.networks.empty()) {
    std::vector<std::string> names;
    std::string about;
    for (network_choice const& n : program.networks) {
      names.push_back(n.name);
      about += n.name;
      about += ": " + n.about + "; ";
    }
    add("--networks", o.networks, about + "default the first")->check(one_of(names));
  }
  add(program.widths, o.widths, program.about_widths)->delimiter(',')->check(positive);
  add("--latent", latent, "Numbers that the generator makes a sample of, its class among them")->check(positive);
  add("--threads", threads, "Changes no bit (default: one a worker, where there are processors; under mpirun 1)")
      ->check(between(1, 4096));
  add("--deadline", deadline, "Seconds that a process waits for another one under mpirun (default 300)")
      ->check(between(0.001, 1e9));

  add_outputs(app, o, program.of_modules);
  if (program.of_modules)
    app.get_option("--export")->description(
        "Writes the generator and the first worker's discriminator as state dicts that Python's torch.load reads");
  add_footer(app, program.examples, defaults(program));
  parse_arguments(app, argc, argv);

  auto const best = std::find_if(program.recipes.begin(), program.recipes.end(), [&](recipe const& r) {
    return r.data == o.data || (r.data.ends_with(':') && o.data.starts_with(r.data));
  });
  if (best == program.recipes.end())
    refuse("--data: there is no '" + o.data + "', only " + program.data_names);
  o.batch = batch.value_or(best->batch);
  o.batches = batches.value_or(std::max(1, static_cast<int>(std::bit_width(static_cast<unsigned>(o.workers - 1)))));
  o.partition = partition_of(partition);
  network_choice chosen;
  if (!program.networks.empty()) {
    if (o.networks.empty()) o.networks = program.networks[0].name;
    chosen = *std::ranges::find(program.networks, o.networks, &network_choice::name);
  }
  if (chosen.latent > 0 && !o.widths.empty())
    refuse(std::string(program.widths) + ": --networks " + o.networks + " have sizes of their own");
  if (chosen.latent == 0 && o.widths.empty()) o.widths = best->widths;
  o.latent = latent.value_or(chosen.latent > 0 ? chosen.latent : best->latent);
  o.step_size = step_size.value_or(best->step_size);
  o.state = static_cast<saddle::exchanged_state>(
      state == "moves" ? saddle::exchanged_state::moves
                       : state == "resets" ? saddle::exchanged_state::resets : saddle::exchanged_state::stays);
  for (std::string const& d : departures) o.departures.push_back(departure_of(d));
  int const processors = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  o.threads = threads.value_or(under_mpirun() ? 1 : std::min(o.workers, processors));
  o.deadline = std::chrono::milliseconds(static_cast<std::int64_t>(1000 * deadline));
  complete(o, best->steps);
  return o;
}

}  // namespace train_md_gan
