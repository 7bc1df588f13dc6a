// The signature of an op, read from its line in ops.def: which buffers it takes and makes, and how many
// elements each must have for given parameters. It is what keeps a wrong call from touching memory.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "abi.h"

namespace convolt {

// A parameter: `words` 32-bit words at `word` of the parameter struct.
struct Field {
  enum class Kind { size, positive, offset, real, sizes, choice };
  std::string name;
  Kind kind;
  int word;
  int words;
  int32_t choices = 0;  // choice: how many there are
};

// One factor of a buffer's element count.
struct Extent {
  enum class Kind { number, field, quotient, sizes, strided, count };
  Kind kind;
  int64_t number = 0;  // number: its value
  int word = 0;        // field, quotient: the numerator; sizes, strided: the first of the sizes
  int other = 0;       // quotient: the divisor; strided: the first of the strides
};

struct BufferSpec {
  // fixed: of type `dtype`. floating: of the call's float type. same: of the call's type of any kind. any: whatever it
  // is given.
  enum class Type { fixed, floating, same, any };
  std::string name;
  bool optional = false;
  bool in_place = false;
  Type type = Type::fixed;
  DType dtype = DType::f32;
  std::vector<Extent> extents;
};

class Signature {
 public:
  Signature(std::string_view name, std::string_view inputs, std::string_view outputs, std::string_view fields);

  std::string name;
  std::vector<Field> fields;
  std::vector<BufferSpec> inputs, outputs;
  int words = 0;  // length of the parameter struct

  // Throws std::runtime_error ("internal: ...") if a parameter lies outside its kind's range.
  void check(const int32_t* params) const;

  // The elements that a buffer must have. `count` is what `*` stands for in this call.
  // Throws std::runtime_error if they cannot be counted.
  int64_t numel(const BufferSpec& buffer, const int32_t* params, int64_t count) const;

 private:
  const Field& field(std::string_view field_name) const;
  BufferSpec parse_buffer(std::string_view text) const;
  Extent parse_extent(std::string_view text) const;
};

// Every op of the table, in its order.
const std::vector<Signature>& signatures();

// The same as text, for scripts/native_types.mjs.
struct OpText {
  const char* name;
  const char* inputs;
  const char* outputs;
  const char* params;  // the parameter struct's name
  const char* fields;
};
const std::vector<OpText>& op_texts();

}  // namespace convolt
