// A small class of C++, as nanobind gives it to Python; built by _nanobind.py.
#include <nanobind/nanobind.h>

struct Small {
    long a = 0;
    long b = 0;
};

NB_MODULE(nanobind_small, module) {
    nanobind::class_<Small>(module, "Small")
        .def(nanobind::init<>())
        .def("reset", [](Small &self) { self.a = self.b = 0; })
        .def_rw("a", &Small::a)
        .def_rw("b", &Small::b);
}
