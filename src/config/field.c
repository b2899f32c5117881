/* The tables that the .def files make. One file holds them all; what the types mean stands in value.c. */
#include "config/field.h"

#define CHOICES(name) static const struct choice words_##name[] = {
#define CHOICE(id, word, text) [id] = {word, text},
#define CHOICES_END                                                                                                    \
    }                                                                                                                  \
    ;
#include "config/choices.def"
#undef CHOICES
#undef CHOICE
#undef CHOICES_END

#define CHOICES(name) static const struct choice_group group_##name = {#name, words_##name, ARRAY_LEN(words_##name)};
#define CHOICE(id, word, text)
#define CHOICES_END
#include "config/choices.def"
#undef CHOICES
#undef CHOICE
#undef CHOICES_END

#define RELOAD_YES true
#define RELOAD_NO false
#define SET(type, name, def, min, max, reload, text)                                                                   \
    {#name, KIND_##type, offsetof(HOLDER, name), #def, #min, #max, RELOAD_##reload, text, NULL},
#define SET_CHOICE(choice, name, def, reload, text)                                                                    \
    {#name, KIND_choice, offsetof(HOLDER, name), #def, "-", "-", RELOAD_##reload, text, &group_##choice},
#define SECTION(title, text)

#define HOLDER struct settings
static const struct field list_top[] = {
#include "config/settings.def"
};
#undef HOLDER
#define HOLDER struct config_listener
static const struct field list_listener[] = {
#include "config/listener.def"
};
#undef HOLDER
#define HOLDER struct config_tls
static const struct field list_tls[] = {
#include "config/tls.def"
};
#undef HOLDER
#define HOLDER struct config_zone
static const struct field list_zone[] = {
#include "config/zone.def"
};
#undef HOLDER
#define HOLDER struct config_trusted
static const struct field list_trusted[] = {
#include "config/trusted.def"
};
#undef HOLDER

const struct field_table fields_top = {"", list_top, ARRAY_LEN(list_top), sizeof(struct settings)};
const struct field_table fields_listener = {"listener", list_listener, ARRAY_LEN(list_listener),
                                            sizeof(struct config_listener)};
const struct field_table fields_tls = {"tls", list_tls, ARRAY_LEN(list_tls), sizeof(struct config_tls)};
const struct field_table fields_zone = {"dns_zone", list_zone, ARRAY_LEN(list_zone), sizeof(struct config_zone)};
const struct field_table fields_trusted = {"trusted_network", list_trusted, ARRAY_LEN(list_trusted),
                                           sizeof(struct config_trusted)};

_Static_assert(ARRAY_LEN(list_top) <= FIELDS_MAX, "FIELDS_MAX bounds arrays on the stack");

const struct field *field_find(const struct field_table *t, struct str name)
{
    for (size_t i = 0; i < t->n; i++)
        if (str_eq(str_z(t->list[i].name), name))
            return &t->list[i];
    return NULL;
}

bool field_is_list(const struct field *f)
{
    return f->kind == KIND_addresses || f->kind == KIND_servers || f->kind == KIND_networks;
}

const char *config_protocol_name(enum config_protocol protocol)
{
    return (size_t)protocol < group_protocol.n ? words_protocol[protocol].word : "?";
}

const char *config_check_name(enum config_check check)
{
    return (size_t)check < group_check.n ? words_check[check].word : "?";
}

const char *config_language_name(enum config_language language)
{
    return (size_t)language < group_language.n ? words_language[language].word : NULL;
}

const char *config_security_name(enum config_security security)
{
    return (size_t)security < group_security.n ? words_security[security].word : "?";
}
