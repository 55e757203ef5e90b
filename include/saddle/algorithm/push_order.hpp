#pragma once
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"

SADDLE_NAMESPACE_BEGIN

/// The order in which a server takes pushes, in files of a worker a line: one that is written, one that is followed.
/// Without a name neither is.
class push_order {
 public:
  /// errors  std::invalid_argument
  push_order(std::string record, std::string replay, int workers)
      : record_(std::move(record)), replay_(std::move(replay)) {
    if (replay_.empty()) return;
    std::ifstream in(replay_);
    expects(in.is_open(), [&] { return "async_server: cannot read " + replay_; });
    for (int m; in >> m; order_.push_back(m))
      expects(m >= 0 && m < workers,
              [&] { return "async_server: " + replay_ + " names worker " + std::to_string(m); });
  }

  /// Whose push is number `turn`, from 0 on; -1 where no order is followed.
  int at(std::int64_t turn) const {
    if (replay_.empty()) return -1;
    auto const place = static_cast<std::size_t>(turn);
    expects(place < order_.size(), [&] {
      return "async_server: " + replay_ + " has no more than " + std::to_string(order_.size()) + " pushes";
    });
    return order_[place];
  }
  /// Push number `turn` is this worker's. A file that is there keeps what came before the first that is noted: a run
  /// goes on that was loaded.
  void note(std::int64_t turn, int worker) {
    if (record_.empty()) return;
    if (!out_.is_open()) begin(turn);
    out_ << worker << '\n';
  }
  void flush() { out_.flush(); }

 private:
  void begin(std::int64_t turn) {
    std::vector<std::string> before;
    std::ifstream in(record_);
    for (std::string line; std::ssize(before) < turn && std::getline(in, line);) before.push_back(line);
    in.close();
    out_.open(record_);
    expects(out_.is_open() && std::ssize(before) == turn,
            [&] { return "async_server: cannot write " + record_ + " from push " + std::to_string(turn) + " on"; });
    for (std::string const& line : before) out_ << line << '\n';
  }

  std::string record_, replay_;
  std::vector<int> order_;
  std::ofstream out_;
};

SADDLE_NAMESPACE_END
