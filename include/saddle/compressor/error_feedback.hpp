#pragma once
#include <optional>
#include <string>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// What is not sent now is owed: p = v + e, send C(p), e = p - C(p).
///
/// subtract_in_look_ahead  whether a look-ahead starts from w - e, where w will be when e is paid (DQGAN), or from w.
///                         It decides whether strong compression with large steps converges, and costs some bias on
///                         workers with different data. Where it is not set a server's workers subtract. Over gossip
///                         and between the rounds of local_steps nobody does, for what is owed there is no part of w's
///                         way: `true` is refused, and so is either where nothing looks ahead
/// source   Seide et al. 2014; Karimireddy et al. ICML 2019; the look-ahead: Chen, Yang, Shen, Pang 2020
template <compressor C>
struct error_feedback {
  static_assert(contracts<C>,
                "error feedback needs a contraction: round to nearest, error_feedback<qsgd<512, 4, rounding::nearest>>, "
                "send values as they are, error_feedback<random_k<512, 64, scaling::plain>>, or use a smaller bucket");
  using wrapped = C;
  static constexpr feedback keeps = feedback::error;
  C compressor{};
  std::optional<bool> subtract_in_look_ahead{};

  static std::string name() { return "error-feedback-" + C::name(); }
};
template <class C>
error_feedback(C) -> error_feedback<C>;
template <class C>
error_feedback(C, bool) -> error_feedback<C>;

SADDLE_NAMESPACE_END
