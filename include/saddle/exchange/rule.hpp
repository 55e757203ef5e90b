#pragma once
#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/step/operation.hpp"
#include "saddle/topology/graph.hpp"

SADDLE_NAMESPACE_BEGIN

// How a vector that every worker has a part of is moved together, x := together(x - v): three operations around a
// compressor. `gives` makes p of v, `keeps` sees p and what was sent, `arrives` makes `came` of acc.

/// v = 0: what an exchange moves where nothing is added.
struct stay {
  using values = uses<out<name::v>>;
  template <class T>
  SADDLE_HD void operator()(T& v) const {
    v = T(0);
  }
};
/// p = v.
struct gives_v {
  using values = uses<in<name::v>, out<name::p>>;
  template <class T>
  SADDLE_HD void operator()(T v, T& p) const {
    p = v;
  }
};
struct gives_v_and_owed {
  using values = uses<in<name::v>, in<name::e>, out<name::p>>;
  template <class T>
  SADDLE_HD void operator()(T v, T e, T& p) const {
    p = v + e;
  }
};
struct keeps_what_was_not_sent {
  using values = uses<in<name::p>, in<name::sent>, out<name::e>>;
  template <class T>
  SADDLE_HD void operator()(T p, T sent, T& e) const {
    e = p - sent;
  }
};
struct takes_sum {
  using values = uses<in<name::acc>, out<name::came>>;
  template <class T>
  SADDLE_HD void operator()(T acc, T& came) const {
    came = acc;
  }
};
/// What becomes of x: a server says by how much it moves, a graph where to.
struct moves_by {
  using values = uses<in<name::came>, inout<name::x>>;
  template <class T>
  SADDLE_HD void operator()(T came, T& x) const {
    x = x - came;
  }
};
struct moves_to {
  using values = uses<in<name::came>, out<name::x>>;
  template <class T>
  SADDLE_HD void operator()(T came, T& x) const {
    x = came;
  }
};

template <class R>
concept is_three_operations = requires {
  typename R::gives;
  typename R::keeps;
  typename R::arrives;
  typename R::becomes;
};
/// `undoes` sees what was sent and applied nowhere; `otherwise` leaves p without a direction. chain<> where there is
/// nothing to do.
template <class R>
concept says_what_a_failure_does = requires {
  typename R::undoes;
  typename R::otherwise;
};
template <class R>
concept says_who_hears = requires {
  { R::averages } -> std::convertible_to<bool>;
  { R::mixes_copies } -> std::convertible_to<bool>;
  { R::repeats } -> std::convertible_to<bool>;
};
/// conserves: what is sent comes to what was given, in the long run. integrates: what is averaged is a change, and who
/// does not take part has none.
template <class R>
concept says_what_is_sent_in_the_long_run = requires {
  { R::conserves } -> std::convertible_to<bool>;
  { R::integrates } -> std::convertible_to<bool>;
};

/// gives, arrives    Makes: template <class T> at(run, iteration)
/// keeps, becomes    operations without numbers
/// averages          a server: everyone hears the same
/// mixes_copies      public copies of all that was sent are combined, in place of messages
/// repeats           in as many rounds as the topology has
/// hears(topology, step, round, worker, workers)   whose messages a worker combines, with the weights
template <class R>
concept exchange_rule = is_three_operations<R> && says_what_a_failure_does<R> && says_who_hears<R> &&
                        says_what_is_sent_in_the_long_run<R>;

/// One exchanged vector, with its rule and its compressors. Its arrays are called after it: w.e, s.copy.
template <class Subject, exchange_rule Rule, class Compression, class Downlink>
struct slot {
  using subject = Subject;
  using rule = Rule;
  using compression = Compression;
  using downlink = Downlink;
};

SADDLE_NAMESPACE_END
