#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/transport/concept.hpp"
#include "saddle/transport/event_queue.hpp"

SADDLE_NAMESPACE_BEGIN

/// A kind of link: of a message alone on its way the first byte is there after the latency, in seconds, and the last
/// one bytes / bandwidth later. Bandwidths are in bytes a second. Every worker has a port for each kind, with two
/// directions that do not disturb each other, and so has the server.
struct link_kind {
  char const* name;
  double latency = 0;
  double up = std::numeric_limits<double>::max(), down = up;       // of a worker's port
  double server = up;                                            // of the server's, which all workers share, each way
};

inline constexpr link_kind datacentre{"datacentre", 10e-6, 12.5e9, 12.5e9, 12.5e9};  // 100 Gbit/s
inline constexpr link_kind ethernet{"ethernet", 100e-6, 125e6, 125e6, 125e6};        // a cluster's, 1 Gbit/s
inline constexpr link_kind wan{"wan", 30e-3, 12.5e6, 12.5e6, 125e6};                 // 100 Mbit/s; the server 1 Gbit/s
inline constexpr link_kind home{"home", 15e-3, 2.5e6, 12.5e6, 125e6};                // 20 up, 100 down; 1 Gbit/s

/// Of every message, and of every repetition, this share is lost on its way. The sender notices, and sends it again,
/// `timeout` seconds after its last byte left.
struct message_loss {
  double probability = 0, timeout = 0;
};

/// Messages over ports that handle one after the other, and alarms: a driver asks for the next that happens, reacts,
/// and asks again. Workers are 0 ... workers - 1, the server is `workers`.
///
/// A message of n bytes from a to b begins to leave at s, when a's port has sent what it was given before, and has left
/// at s + n / (bandwidth of a). Its first byte comes at s + latency; b's port takes messages in this order, each for
/// n / (bandwidth of b). The message is delivered when that is done, and not before its last byte has come. Nothing
/// else takes time: no server's arithmetic, no acknowledgement.
///
/// promise  what happens is a function of the calls, the kinds of links and the seed
class virtual_network {
 public:
  struct message {
    int from, to;
    std::int64_t bytes;
    std::int64_t tag = 0;  // whatever the driver wants to know it by
  };
  /// A message is delivered, or an alarm rings: then only the tag means anything.
  struct occasion {
    double time;
    message what;
    bool is_alarm() const { return what.from < 0; }
  };

  /// kind_of(from, to)  which of the links a message takes; empty: the first
  /// errors             std::invalid_argument
  virtual_network(int workers, std::vector<link_kind> links, std::function<int(int, int)> kind_of = {},
                  message_loss loss = {}, std::uint64_t seed = 1)
      : workers_(workers), links_(std::move(links)), kind_of_(std::move(kind_of)), loss_(loss), seed_(seed) {
    expects(workers >= 1 && workers < 1 << 24, "virtual_network: there must be at least one worker and less than 2^24");
    expects(!links_.empty(), "virtual_network: there must be a kind of link");
    expects(links_.size() == 1 || kind_of_,
            "virtual_network: there are several kinds of links, and no kind_of says which joins whom");
    for (link_kind const& k : links_) {
      expects(k.name != nullptr, "virtual_network: a kind of link has a name");
      auto const has = [&](bool holds, char const* what) {
        expects(holds, [&] { return std::string("virtual_network: a link of kind ") + k.name + " has " + what; });
      };
      has(k.latency >= 0 && is_finite(k.latency), "a latency that is negative or not finite");
      has(k.up > 0 && k.down > 0 && k.server > 0, "a bandwidth that is not positive");
      traffic_.push_back({.name = k.name});
    }
    expects(loss.probability >= 0 && loss.probability < 1, "virtual_network: the probability of a loss lies in [0, 1)");
    expects(loss.timeout >= 0 && is_finite(loss.timeout), "virtual_network: a timeout is not negative, and finite");
    ports_.resize(links_.size() * (static_cast<std::size_t>(workers) + 1));
  }

  int server() const { return workers_; }
  /// When the latest occasion was.
  double now() const { return now_; }
  /// A port sends in the order of these calls.
  void send(double time, message const& m) {
    for (int const who : {m.from, m.to})
      expects(who >= 0 && who <= workers_, [&] { return "virtual_network: nobody is " + std::to_string(who); });
    expects(m.bytes >= 0, "virtual_network: a message has a length");
    leave(lodge({m, stage::leaves, messages_++, 0, 0}), time);
  }
  void alarm(double time, std::int64_t tag) { coming_.add(time, lodge({{-1, -1, 0, tag}, stage::ends, 0, 0, 0})); }
  /// The next occasion, if there is any.
  std::optional<occasion> next() {
    while (!coming_.empty()) {
      auto const [time, number, f] = coming_.take();
      flight& it = flights_[static_cast<std::size_t>(f)];
      switch (it.at) {
        case stage::leaves: leave(f, time); break;
        case stage::comes: come(it, f, time); break;
        case stage::ends:
          now_ = time;
          vacant_.push_back(f);
          return occasion{time, it.what};
      }
    }
    return std::nullopt;
  }

  std::span<link_traffic const> traffic() const { return traffic_; }

  /// When the ports are free, what they have carried, and what is on its way: while nothing is, always as many numbers.
  void save(std::vector<double>& to) const {
    for (port const& p : ports_) to.insert(to.end(), {p.out, p.in});
    for (link_traffic const& t : traffic_)
      for (std::int64_t const n : {t.messages, t.lost, t.bytes}) to.push_back(static_cast<double>(n));
    to.insert(to.end(), {static_cast<double>(messages_), now_, static_cast<double>(coming_.size())});
    for (auto const& [time, added, f] : coming_.in_order()) {
      flight const& it = flights_[static_cast<std::size_t>(f)];
      message const& m = it.what;
      to.insert(to.end(), {time, static_cast<double>(m.from), static_cast<double>(m.to), static_cast<double>(m.bytes),
                           static_cast<double>(m.tag), static_cast<double>(it.at), static_cast<double>(it.number),
                           static_cast<double>(it.attempts), it.last_byte});
    }
  }
  /// The rest of what was saved.
  std::span<double const> load(std::span<double const> from) {
    auto const take = [&] {
      double const x = from.front();
      from = from.subspan(1);
      return x;
    };
    for (port& p : ports_) {
      p.out = take();
      p.in = take();
    }
    for (link_traffic& t : traffic_)
      for (std::int64_t* const n : {&t.messages, &t.lost, &t.bytes}) *n = static_cast<std::int64_t>(take());
    messages_ = static_cast<std::int64_t>(take());
    now_ = take();
    auto const whole = [&] { return static_cast<std::int64_t>(take()); };
    coming_ = {};
    for (std::int64_t left = whole(); left > 0; --left) {
      double const time = take();
      flight f{};
      f.what.from = static_cast<int>(whole());
      f.what.to = static_cast<int>(whole());
      f.what.bytes = whole();
      f.what.tag = whole();
      f.at = static_cast<stage>(whole());
      f.number = whole();
      f.attempts = static_cast<int>(whole());
      f.last_byte = take();
      coming_.add(time, lodge(f));
    }
    return from;
  }

 private:
  enum class stage { leaves, comes, ends };
  struct port {
    double out = 0, in = 0;  // free from then on
  };
  struct flight {
    message what;
    stage at;
    std::int64_t number;
    int attempts;
    double last_byte;  // comes
  };

  int lodge(flight const& f) {
    if (coming_.empty()) {  // so that they lie in the order of the calls
      flights_.clear();
      vacant_.clear();
    }
    if (vacant_.empty()) {
      flights_.push_back(f);
      return static_cast<int>(flights_.size()) - 1;
    }
    int const place = vacant_.back();
    vacant_.pop_back();
    flights_[static_cast<std::size_t>(place)] = f;
    return place;
  }
  std::size_t kind(message const& m) const {
    if (!kind_of_) return 0;
    int const k = kind_of_(m.from, m.to);
    expects(k >= 0 && k < static_cast<int>(links_.size()), [&] {
      return "virtual_network: from " + std::to_string(m.from) + " to " + std::to_string(m.to) +
             " leads a link of kind " + std::to_string(k) + " of " + std::to_string(links_.size());
    });
    return static_cast<std::size_t>(k);
  }
  port& port_of(int who, std::size_t kind) { return ports_[static_cast<std::size_t>(who) * links_.size() + kind]; }

  void leave(int f, double time) {
    flight& it = flights_[static_cast<std::size_t>(f)];
    message const& m = it.what;
    std::size_t const k = kind(m);
    link_kind const& link = links_[k];
    double& free = port_of(m.from, k).out;
    double const start = std::max(time, free);
    free = start + static_cast<double>(m.bytes) / (m.from == workers_ ? link.server : link.up);
    ++traffic_[k].messages;
    traffic_[k].bytes += m.bytes;
    if (is_lost(it.number, it.attempts)) {
      ++traffic_[k].lost;
      ++it.attempts;
      coming_.add(free + loss_.timeout, f);
    } else {
      it.at = stage::comes;
      it.last_byte = free + link.latency;
      coming_.add(start + link.latency, f);
    }
  }
  void come(flight& it, int f, double time) {
    message const& m = it.what;
    std::size_t const k = kind(m);
    double& free = port_of(m.to, k).in;
    free = std::max(time, free) + static_cast<double>(m.bytes) / (m.to == workers_ ? links_[k].server : links_[k].down);
    it.at = stage::ends;
    coming_.add(std::max(free, it.last_byte), f);
  }
  bool is_lost(std::int64_t number, int attempt) const {
    if (loss_.probability == 0) return false;
    std::uint32_t bits[4];
    random_block({.seed = seed_,
                  .use = purpose::message_loss,
                  .exchange = static_cast<std::uint64_t>(number),
                  .bucket = static_cast<std::uint64_t>(attempt)},
                 0, bits);
    return open_uniform(bits[0]) < loss_.probability;
  }

  int workers_;
  std::vector<link_kind> links_;
  std::function<int(int, int)> kind_of_;
  message_loss loss_;
  std::uint64_t seed_;
  std::vector<port> ports_;  // of each worker, and of the server, one of each kind
  std::vector<link_traffic> traffic_;
  std::int64_t messages_ = 0;
  double now_ = 0;
  event_queue<int> coming_;      // places of flights
  std::vector<flight> flights_;
  std::vector<int> vacant_;      // of their places
};

SADDLE_NAMESPACE_END
