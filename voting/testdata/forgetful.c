// A disk that forgets. Preloaded into a process, it watches the folder FORGETFUL_DIR and keeps in
// FORGETFUL_DISK what a power cut would leave of it: of each file what it was when it was last
// synced, of the folder the names that were there when it was last synced; a new file is nowhere
// before its folder is synced. After each sync, number n, it puts a copy of that disk into
// FORGETFUL_DISK/n, with the folder "keys" as it is. The file "told" is not part of the disk: what it
// has when the next sync begins is what the process had said while the disk was that of n.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
static int syncs;

static void die(const char *what) {
	perror(what);
	abort();
}

static void join(char *to, const char *dir, const char *name) {
	if (snprintf(to, PATH_MAX, "%s/%s", dir, name) >= PATH_MAX) die("path");
}

static void copy(const char *from, const char *to) {
	char buf[1 << 16];
	int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;
	if (in < 0 || out < 0) die(from);
	while ((n = read(in, buf, sizeof buf)) > 0)
		if (write(out, buf, n) != n) die(to);
	close(in);
	close(out);
}

static int exists(const char *path) { return access(path, F_OK) == 0; }

// each calls f with the path in dir and the path in other of every file of dir.
static void each(const char *dir, const char *other, void (*f)(const char *, const char *)) {
	char here[PATH_MAX], there[PATH_MAX];
	struct dirent *e;
	struct stat s;
	DIR *d = opendir(dir);
	if (!d) die(dir);
	while ((e = readdir(d))) {
		join(here, dir, e->d_name);
		join(there, other, e->d_name);
		if (stat(here, &s) == 0 && S_ISREG(s.st_mode)) f(here, there);
	}
	closedir(d);
}

static void forget(const char *here, const char *there) {
	if (!strstr(here, ".nameless") && !exists(there)) unlink(here);
}

static void appear(const char *here, const char *there) {
	char nameless[PATH_MAX];
	(void)here;
	if (exists(there)) return;
	if (snprintf(nameless, sizeof nameless, "%s.nameless", there) >= (int)sizeof nameless) die("path");
	if (rename(nameless, there) == 0) return;
	int f = open(there, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (f >= 0) close(f);
}

static void keep(const char *here, const char *there) {
	if (!strstr(here, ".nameless")) copy(here, there);
}

static int synced(int fd) {
	const char *dir = getenv("FORGETFUL_DIR"), *disk = getenv("FORGETFUL_DISK");
	char link[64], path[PATH_MAX], now[PATH_MAX], numbered[PATH_MAX], told[PATH_MAX], number[32];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = dir && disk ? readlink(link, path, sizeof path - 1) : -1;
	if (n < 0) return 0;
	path[n] = 0;
	int folder = strcmp(path, dir) == 0;
	char *name = strrchr(path, '/');
	if (!folder && (strncmp(path, dir, strlen(dir)) || name != path + strlen(dir))) return 0;

	pthread_mutex_lock(&one);
	join(now, disk, "now");
	mkdir(now, 0700);
	join(told, dir, "told");
	if (syncs > 0 && exists(told)) {
		snprintf(number, sizeof number, "%d/told", syncs);
		join(numbered, disk, number);
		copy(told, numbered);
	}
	if (folder) {
		each(now, dir, forget);
		each(dir, now, appear);
	} else {
		join(numbered, now, name + 1);
		if (!exists(numbered)) strcat(numbered, ".nameless");
		copy(path, numbered);
	}
	snprintf(number, sizeof number, "%d", ++syncs);
	join(numbered, disk, number);
	mkdir(numbered, 0700);
	each(now, numbered, keep);
	join(path, dir, "keys");
	if (exists(path)) {
		join(now, numbered, "keys");
		mkdir(now, 0700);
		each(path, now, copy);
	}
	pthread_mutex_unlock(&one);
	return 0;
}

int fsync(int fd) { return synced(fd); }
int fdatasync(int fd) { return synced(fd); }
