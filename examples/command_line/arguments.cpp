#include "arguments.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "version.hpp"

namespace command_line {
namespace {

#ifdef COMMAND_LINE_MPI
constexpr bool with_mpi = true;
#else
constexpr bool with_mpi = false;
#endif

/// Insertions, deletions and replacements from one to the other (Levenshtein).
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      std::size_t const replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

/// The first argument that is no option of the program, in the order of the command line.
std::string complaint(CLI::App const& app, int argc, char** argv) {
  std::string stray;
  for (int i = 1; i < argc; ++i) {
    std::string_view const argument(argv[i]);
    std::string const name(argument.substr(0, argument.find('=')));
    if (!name.starts_with('-') || name == "--") continue;
    std::string nearest;
    std::size_t least = std::max<std::size_t>(2, name.size() / 3) + 1;
    bool known = false;
    for (CLI::Option const* const option : app.get_options())
      for (std::string const& one : option->get_lnames()) {
        std::string const whole = "--" + one;
        known = known || name == whole;
        bool const begins = name.size() > 3 && whole.starts_with(name);
        if (std::size_t const n = begins ? 1 : edits(name, whole); n < least) least = n, nearest = whole;
      }
    for (CLI::Option const* const option : app.get_options())
      for (std::string const& one : option->get_snames()) known = known || name == "-" + one;
    if (!known)
      return "unknown option " + name + (nearest.empty() ? "; --help lists them" : ": did you mean " + nearest + "?");
  }
  std::vector<std::string> const left = app.remaining();
  return "'" + (left.empty() ? std::string() : left.front()) + "' belongs to no option; --help lists them";
}

}  // namespace

void parse_arguments(CLI::App& app, int argc, char** argv) {
  app.set_version_flag("--version", version(app.get_name(), with_mpi), "Prints the version and how it was compiled");
  try {
    app.parse(argc, argv);
  } catch (CLI::CallForHelp const&) {
    throw answer{app.help()};
  } catch (CLI::CallForVersion const&) {
    throw answer{app.version()};
  } catch (CLI::ExtrasError const&) {
    throw std::invalid_argument(complaint(app, argc, argv));
  } catch (CLI::ArgumentMismatch const& e) {
    std::string const text = e.what();
    throw std::invalid_argument(text.find("required") != std::string::npos && text.find(':') != std::string::npos
                                    ? text.substr(0, text.find(':')) + " needs a value"
                                    : text);
  } catch (CLI::ParseError const& e) {
    throw std::invalid_argument(e.what());
  }
}

}  // namespace command_line
