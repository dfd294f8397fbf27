/* A method in C, without a library: the least that a program needs, and what the overhead of the protocol is measured
   with. It answers every photo with an age made of the size of its file.

       cc -O2 -o plugin plugin.c

   The harness writes one JSON object a line and never spaces inside, so finding `"n":` and `"path":"` is enough; a
   program with a JSON parser at hand uses that. The path holds no character that JSON escapes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char line[1 << 16];

int main(void) {
    while (fgets(line, sizeof line, stdin)) {
        const char *number = strstr(line, "\"n\":");
        char *path = strstr(line, "\"path\":\"");
        if (strstr(line, "\"type\":\"hello\"")) {
            puts("{\"type\":\"ready\",\"agebench\":1,\"version\":\"1\",\"media\":\"path\",\"answers\":[\"age\"]}");
        } else if (strstr(line, "\"type\":\"attempt\"") && number && path) {
            struct stat about;
            path += strlen("\"path\":\"");
            path[strcspn(path, "\"")] = '\0';
            long n = strtol(number + strlen("\"n\":"), NULL, 10);
            if (stat(path, &about) == 0)
                printf("{\"type\":\"answer\",\"n\":%ld,\"status\":\"answered\",\"age\":%ld}\n", n, 10 + (long)about.st_size % 60);
            else
                printf("{\"type\":\"answer\",\"n\":%ld,\"status\":\"failed\",\"reason\":\"no such file\"}\n", n);
        } else {
            break; /* bye */
        }
        fflush(stdout);
    }
    return 0;
}
