#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/core/box.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/message_bytes.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/core/players.hpp"
#include "saddle/optimizer/adam.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/problem/split_gan.hpp"
#include "saddle/run/report.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// A worker that takes part in the steps before this one and in no other: its discriminator and its data leave with it.
struct departure {
  int worker;
  std::int64_t step;
};

/// What becomes of an optimizer's state when its discriminator goes to another worker: it goes along, it stays for the
/// one that comes, or all begin anew, their count of steps and so their schedules included. A look-ahead begins at rest.
enum class exchanged_state { moves, stays, resets };

/// Lets a biased compressor send MD-GAN's feedbacks: with_bias<error_feedback<top_k<>>>, or bare.
///
/// What a feedback lacks is owed to one generated sample. The next feedback is on other samples, and error feedback
/// pays it to one of those, through another Jacobian. The debt is bounded, but the generator's gradient stays biased,
/// and the generator ends elsewhere: of samples A z + c whose workers pull A to different places, top_k with error
/// feedback ends far from their mean where unbiased compressors only circle around it. There is no better place for the
/// memory: a worker does not have the generator, and the server does not know what was left out.
template <compression C>
struct with_bias : C {
  static constexpr bool accepts_bias = true;
};
template <class C>
inline constexpr bool accepts_bias = requires { requires C::accepts_bias; };

/// How MD-GAN trains: the optimizers of both players, the compressors of the three kinds of messages, and the paper's
/// numbers.
///
/// schedules       of both optimizers count steps of the run: the L steps of a discriminator have one step size
/// feedbacks       unbiased: qsgd, natural, random_k. A biased one moves the place where the generator ends, with error
///                 feedback too: it takes with_bias
/// discriminators  weights, not directions: half, bfloat or qsgd of 8 bits, if any; an optimizer's state goes as it is
template <optimizer Generator = adam, optimizer Discriminator = adam, compressor Samples = identity,
          compression Feedbacks = identity, compressor Discriminators = identity>
struct md_gan_settings {
  Generator generator{};
  Discriminator discriminator{};
  Samples samples{};
  Feedbacks feedbacks{};
  Discriminators discriminators{};
  int batches = 1;                  // k, at most one a worker
  int discriminator_steps = 1;      // L
  std::int64_t exchange_every = 0;  // steps from one exchange of discriminators to the next, m E / b; 0: never
  exchanged_state state = exchanged_state::stays;
  std::vector<departure> departures{};
  box generator_box{}, discriminator_box{};
  std::uint64_t seed = 1;
  std::string problem{};  // a name, beside its identity(); a checkpoint of another one is refused

  /// What these numbers must be with this pair and so many workers. Departures are then in the order of their workers.
  /// errors  std::invalid_argument
  template <split_gan P>
  void check(P const& pair, int workers) {
    players const sizes = pair.sizes();
    expects(sizes.min > 0 && sizes.max > 0, "md_gan: both players have coordinates");
    expects(pair.batch() > 0 && pair.sample_size() > 0, "md_gan: batches and samples are not empty");
    if constexpr (requires { pair.workers(); })
      expects(workers <= pair.workers(), [&] {
        return "md_gan: " + std::to_string(workers) + " workers, but the pair has data for " +
               std::to_string(pair.workers());
      });
    expects(batches >= 1 && batches <= workers, [&] {
      return "md_gan: " + std::to_string(batches) + " batches for " + std::to_string(workers) +
             " workers: there is at least one, and at most one a worker";
    });
    std::string const why = first_objection(
        {objection_unless(discriminator_steps >= 1, "md_gan: discriminator_steps", "is at least 1",
                          discriminator_steps),
         objection_unless(exchange_every >= 0, "md_gan: exchange_every", "is a positive number of steps, or 0: never",
                          static_cast<double>(exchange_every)),
         objection_to_box("md_gan: generator_box", generator_box.lo, generator_box.hi),
         objection_to_box("md_gan: discriminator_box", discriminator_box.lo, discriminator_box.hi)});
    expects(why.empty(), [&] { return why; });
    expects(exchange_every > 0 || state == exchanged_state::stays,
            "md_gan: state says what an exchange does, and there are none: set exchange_every too");
    std::ranges::sort(departures, {}, &departure::worker);
    for (std::size_t i = 0; i < departures.size(); ++i) {
      departure const& d = departures[i];
      expects(d.worker >= 0 && d.worker < workers && d.step >= 1, "md_gan: a worker of the run leaves before a step");
      expects(i == 0 || departures[i - 1].worker != d.worker, "md_gan: a worker leaves once");
    }
  }

  /// All that decides what is sent, in a run of so many workers.
  template <split_gan P>
  std::string description(P const& pair, int workers) const {
    auto const text = [](auto number) { return std::to_string(number); };
    players const sizes = pair.sizes();
    std::string all = "md-gan " + Generator::name() + " " + Discriminator::name() + " samples=" + Samples::name() +
                      " feedbacks=" + Feedbacks::name() + " discriminators=" + Discriminators::name() +
                      " workers=" + text(workers) + " coordinates=" + text(sizes.min) + "+" + text(sizes.max) +
                      " scalar=" + text(sizeof(typename P::scalar)) + " batch=" + text(pair.batch()) + "x" +
                      text(pair.sample_size()) + " batches=" + text(batches) + " steps=" + text(discriminator_steps) +
                      " exchange-every=" + text(exchange_every) + " state=" + text(static_cast<int>(state)) +
                      " seed=" + text(seed);
    for (departure const& d : departures) all += " without=" + text(d.worker) + "@" + text(d.step);
    return all + (problem.empty() ? "" : " problem=" + problem);
  }
};

template <class S>
concept names_policies_of_md_gan = requires(S const s) {
  s.generator, s.discriminator, s.samples, s.feedbacks, s.discriminators;
};

/// What MD-GAN counts. Checkpoints hold it. Bytes are counted once for each worker that gets or sends a message.
struct md_gan_counters {
  std::int64_t step = 0;            // steps of the run so far
  std::int64_t reset_at = 0;        // the step after which the discriminators' optimizers began
  std::int64_t exchanges = 0;
  std::int64_t skipped_steps = 0;   // in which some coordinate was not finite, as far as this process knows
  message_bytes downlink;           // generated samples, two batches a worker
  message_bytes uplink;             // feedbacks
  message_bytes exchanged;          // discriminators between workers, and what moves with them
  per_pass passes;                  // generate and pull_back on the server, ascend and feedback on all workers together
};

/// Of feedbacks, samples and buffers that were not finite, `non_finite` has the place in the message.
struct md_gan_report : run_report, md_gan_counters {
  using counters = md_gan_counters;
  int workers = 0;  // that took part in the last step
};

SADDLE_NAMESPACE_END
