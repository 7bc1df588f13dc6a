// The functions of two and three operands that the broadcasting ops apply element by element, for all backends.
#pragma once

#include <cmath>

#include "half.h"
#include "params.h"

namespace convolt::elementwise {

struct Add {
  HOST_DEVICE float operator()(float a, float b) const { return a + b; }
};
struct Subtract {
  HOST_DEVICE float operator()(float a, float b) const { return a - b; }
};
struct Multiply {
  HOST_DEVICE float operator()(float a, float b) const { return a * b; }
};
struct Divide {
  HOST_DEVICE float operator()(float a, float b) const { return a / b; }
};
struct Power {
  HOST_DEVICE float operator()(float a, float b) const { return powf(a, b); }
};
struct Maximum {  // NaN wins
  HOST_DEVICE float operator()(float a, float b) const { return a > b || a != a ? a : b; }
};
struct Minimum {
  HOST_DEVICE float operator()(float a, float b) const { return a < b || a != a ? a : b; }
};
// The gradient of max(a, b) by a: equal ones share it.
struct MaximumGrad {
  HOST_DEVICE float operator()(float a, float b, float dy) const { return a > b ? dy : a == b ? 0.5f * dy : 0.0f; }
};
struct Prelu {
  HOST_DEVICE float operator()(float x, float weight) const { return x > 0.0f ? x : weight * x; }
};
struct Where {
  HOST_DEVICE float operator()(uint8_t condition, float a, float b) const { return condition ? a : b; }
};

struct Equal {
  template <class T>
  HOST_DEVICE uint8_t operator()(T a, T b) const { return a == b; }
};
struct NotEqual {
  template <class T>
  HOST_DEVICE uint8_t operator()(T a, T b) const { return a != b; }
};
struct Less {
  template <class T>
  HOST_DEVICE uint8_t operator()(T a, T b) const { return a < b; }
};
struct LessEqual {
  template <class T>
  HOST_DEVICE uint8_t operator()(T a, T b) const { return a <= b; }
};
struct And {
  HOST_DEVICE uint8_t operator()(uint8_t a, uint8_t b) const { return a != 0 && b != 0; }
};
struct Or {
  HOST_DEVICE uint8_t operator()(uint8_t a, uint8_t b) const { return a != 0 || b != 0; }
};
struct Xor {
  HOST_DEVICE uint8_t operator()(uint8_t a, uint8_t b) const { return (a != 0) != (b != 0); }
};

// Calls body(f) with the relation, or the connective, that a call names.
template <class Body>
void with_relation(const CompareParams& p, const Body& body) {
  switch (Relation(p.relation)) {
    case Relation::equal: return body(Equal{});
    case Relation::notEqual: return body(NotEqual{});
    case Relation::less: return body(Less{});
    case Relation::lessEqual: return body(LessEqual{});
  }
}

template <class Body>
void with_connective(const LogicalParams& p, const Body& body) {
  switch (Connective(p.connective)) {
    case Connective::conjunction: return body(And{});
    case Connective::disjunction: return body(Or{});
    case Connective::exclusion: return body(Xor{});
  }
}

}  // namespace convolt::elementwise
