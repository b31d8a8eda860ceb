using System.Diagnostics;
using System.Globalization;
using Broker.Tests.Harness.Certificates;

namespace Broker.Tests.Harness.Postgres;

/// <summary>A server from the binaries that Debian's package leaves, in a temporary directory, on loopback and a socket there.</summary>
/// <remarks>
/// A shell stands between: it starts and stops the server on a word, and when its input ends, because this process ended in whatever
/// way, it stops the server and removes the directory. PostgreSQL refuses to run as root, so root hands over to another user.
/// </remarks>
internal sealed class InstalledPostgres : PostgresServer
{
    private const string Keeper = """
        directory=$1 bin=$2 port=$3 primary=$4
        make() {
          if [ -n "$primary" ]; then
            "$bin/pg_basebackup" -d "host=127.0.0.1 port=$primary user=broker application_name=standby" -D "$directory/data" -R -c fast --no-sync
          else
            "$bin/initdb" -D "$directory/data" -U broker -A trust -E UTF8 --locale=C --no-sync
          fi
        }
        # What was left by a server that was killed may stand in the way for a moment, and one that crashed may be coming back by itself.
        start() {
          for attempt in $(seq 60); do
            "$bin/pg_isready" -q -h 127.0.0.1 -p "$port" && return 0
            "$bin/pg_ctl" -D "$directory/data" -l "$directory/log" -s -w start >/dev/null 2>&1 && return 0
            sleep 0.2
          done
          return 1
        }
        kill_first() {
          read -r first <"$directory/data/postmaster.pid" && kill -9 "$first"
          while "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; do sleep 0.02; done
        }
        do_sql() { "$bin/psql" -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$port" -U broker -d postgres >/dev/null; }
        # From the copy up to a named point of what was archived since.
        recover() {
          "$bin/pg_ctl" -D "$directory/data" -s -w -m immediate stop && rm -rf "$directory/data" && cp -a "$directory/saved" "$directory/data" || return 1
          cat >>"$directory/data/postgresql.conf" <<END
        restore_command = 'cp $directory/archive/%f %p'
        recovery_target_name = '$1'
        recovery_target_action = 'promote'
        END
          touch "$directory/data/recovery.signal" && start || return 1
          while [ -e "$directory/data/recovery.signal" ]; do sleep 0.05; done
        }
        # A dump in its database's place, which nobody meets half done: it is loaded beside it, and takes its name.
        load() {
          "$bin/createdb" -h 127.0.0.1 -p "$port" -U broker "$1_loaded" &&
          "$bin/pg_restore" -h 127.0.0.1 -p "$port" -U broker -d "$1_loaded" --exit-on-error "$directory/$1.dump" &&
          do_sql <<END
        ALTER DATABASE $1 ALLOW_CONNECTIONS false;
        SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '$1';
        ALTER DATABASE $1 RENAME TO $1_before;
        ALTER DATABASE $1_before ALLOW_CONNECTIONS true;
        ALTER DATABASE $1_loaded RENAME TO $1;
        END
        }
        make >"$directory/log" 2>&1 &&
        cat >>"$directory/data/postgresql.conf" <<END &&
        port = $port
        listen_addresses = '127.0.0.1'
        unix_socket_directories = '$directory'
        fsync = on
        shared_buffers = 32MB
        max_wal_size = 128MB
        max_connections = 300
        END
        start && echo ready
        while read -r word argument; do
          case $word in
            crash) "$bin/pg_ctl" -D "$directory/data" -s -w -m immediate stop ;;
            save) "$bin/pg_ctl" -D "$directory/data" -s -w -m fast stop && rm -rf "$directory/saved" && cp -a "$directory/data" "$directory/saved" && start ;;
            backup) rm -rf "$directory/saved" && "$bin/pg_basebackup" -d "host=127.0.0.1 port=$port user=broker" -D "$directory/saved" -c fast --no-sync >/dev/null 2>&1 ;;
            restore) "$bin/pg_ctl" -D "$directory/data" -s -w -m immediate stop && rm -rf "$directory/data" && cp -a "$directory/saved" "$directory/data" && start ;;
            archive) mkdir "$directory/archive" && printf "archive_mode = on\narchive_command = 'cp %%p %s/archive/%%f'\n" "$directory" >>"$directory/data/postgresql.conf" && "$bin/pg_ctl" -D "$directory/data" -s -w -m fast stop && start ;;
            recover) recover "$argument" ;;
            dump) "$bin/pg_dump" -h 127.0.0.1 -p "$port" -U broker -Fc -f "$directory/$argument.dump" "$argument" ;;
            load) load "$argument" ;;
            tls) chmod 600 "$directory/server.key" && cat "$directory/tls.conf" >>"$directory/data/postgresql.conf" && "$bin/pg_ctl" -D "$directory/data" -s -w -m fast stop && start ;;
            stop) "$bin/pg_ctl" -D "$directory/data" -s -w -m fast stop ;;
            kill) kill_first ;;
            start) start ;;
            promote) "$bin/pg_ctl" -D "$directory/data" -s -w promote ;;
          esac && echo ready || echo failed
        done
        "$bin/pg_ctl" -D "$directory/data" -s -w -m fast stop
        cd / && rm -rf "$directory" 2>/dev/null
        """;

    private static readonly string? Binaries = FindBinaries();
    private static readonly string? Account = FindAccount();

    private readonly string directory;
    private readonly int port;
    private readonly Process keeper;
    private readonly SmallFileSystem? disk;

    private InstalledPostgres(string directory, int port, Process keeper, SmallFileSystem? disk) =>
        (this.directory, this.port, this.keeper, this.disk) = (directory, port, keeper, disk);

    public static new string? Absence =>
        Binaries is null ? "initdb and postgres are not in /usr/lib/postgresql/*/bin (Debian: apt-get install postgresql)."
        : Environment.IsPrivilegedProcess && Account is null ? "it refuses to run as root, and there is no user postgres or nobody." : null;

    public override string ConnectionString => $"Host=127.0.0.1;Port={port.ToString(CultureInfo.InvariantCulture)};Username=broker";

    public override SmallFileSystem? Disk => disk;

    /// <param name="megabytes">The size of a file system of its own, which takes root; null for none.</param>
    /// <param name="primaryPort">The server to follow; empty for a primary.</param>
    public static async Task<InstalledPostgres> CreateAsync(int? megabytes, string primaryPort = "")
    {
        var directory = Directory.CreateTempSubdirectory("broker-postgres-").FullName;
        var disk = megabytes is { } size && Environment.IsPrivilegedProcess ? new SmallFileSystem(directory, size) : null;
        if (Environment.IsPrivilegedProcess)
        {
            using var chown = Process.Start("chown", [Account!, directory]);
            await chown.WaitForExitAsync();
        }

        var port = BrokerProcess.FreePort();
        string[] shell = ["sh", "-c", Keeper, "keeper", directory, Binaries!, port.ToString(CultureInfo.InvariantCulture), primaryPort];

        // In a session of its own: what ends a run of tests by its process group must not end the shell before it has tidied up.
        var start = new ProcessStartInfo("setsid", Environment.IsPrivilegedProcess ? ["runuser", "-u", Account!, "--", .. shell] : shell);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.WorkingDirectory = directory;
        var server = new InstalledPostgres(directory, port, Process.Start(start)!, disk);
        await server.ExpectReadyAsync();
        return server;
    }

    public override Task RestartAsync() => SayAsync("start");

    public override Task CrashAsync() => SayAsync("crash");

    public override async Task<PostgresServer> StartStandbyAsync() => await CreateAsync(null, port.ToString(CultureInfo.InvariantCulture));

    public override Task PromoteAsync() => SayAsync("promote");

    public override Task StopAsync() => SayAsync("stop");

    public override Task KillAsync() => SayAsync("kill");

    public override Task SaveAsync() => SayAsync("save");

    public override Task BackupAsync() => SayAsync("backup");

    public override Task GoBackAsync() => SayAsync("restore");

    public override Task ArchiveAsync() => SayAsync("archive");

    public override Task RecoverAsync(string point) => SayAsync($"recover {point}");

    public override Task DumpAsync(string database) => SayAsync($"dump {database}");

    public override Task LoadAsync(string database) => SayAsync($"load {database}");

    public override async Task UseTlsAsync(TestAuthority authority)
    {
        var (certificate, key) = authority.Issue("database");
        await File.WriteAllTextAsync(Path.Combine(directory, "tls.conf"), $"ssl = on\nssl_cert_file = '{directory}/server.pem'\nssl_key_file = '{directory}/server.key'\n");
        File.Copy(certificate, Path.Combine(directory, "server.pem"));
        File.Copy(key, Path.Combine(directory, "server.key"));
        if (Environment.IsPrivilegedProcess)
        {
            using var chown = Process.Start("chown", ["-R", Account!, directory]);
            await chown.WaitForExitAsync();
        }

        await SayAsync("tls");
    }

    public override async ValueTask DisposeAsync()
    {
        keeper.StandardInput.Close();
        await keeper.WaitForExitAsync();
        keeper.Dispose();
        if (disk is not null)
        {
            disk.Dispose();
            Directory.Delete(directory, recursive: true);
        }
    }

    private async Task SayAsync(string word)
    {
        await keeper.StandardInput.WriteLineAsync(word);
        await keeper.StandardInput.FlushAsync();
        await ExpectReadyAsync();
    }

    private async Task ExpectReadyAsync()
    {
        if (await keeper.StandardOutput.ReadLineAsync() is var line and not "ready")
        {
            var log = Path.Combine(directory, "log");
            throw new InvalidOperationException($"PostgreSQL did not do as told ('{line}'):\n{(File.Exists(log) ? await File.ReadAllTextAsync(log) : "It left no log.")}");
        }
    }

    private static string? FindBinaries() => Directory.Exists("/usr/lib/postgresql")
        ? Directory.EnumerateDirectories("/usr/lib/postgresql")
            .OrderByDescending(release => int.TryParse(Path.GetFileName(release), CultureInfo.InvariantCulture, out var number) ? number : 0)
            .Select(release => Path.Combine(release, "bin"))
            .FirstOrDefault(bin => File.Exists(Path.Combine(bin, "initdb")) && File.Exists(Path.Combine(bin, "postgres")))
        : null;

    private static string? FindAccount() => File.Exists("/etc/passwd")
        ? new[] { "postgres", "nobody" }.FirstOrDefault(name => File.ReadLines("/etc/passwd").Any(line => line.StartsWith(name + ":", StringComparison.Ordinal)))
        : null;
}
