using Broker.Tests.Harness.Certificates;
namespace Broker.Tests.Harness.Postgres;

/// <summary>A PostgreSQL of the tests' own, empty at first and gone at the end. Every test class makes a database of its own on it.</summary>
/// <remarks>
/// <see cref="SharedAsync"/> is one server for all tests of a run of a project, stopped when the process ends. A test that stops or
/// kills its server starts one for itself.
/// </remarks>
public abstract class PostgresServer : IAsyncDisposable
{
    private const string NoCopies = "A server in a container keeps no copies: install PostgreSQL's binaries for this test.";

    private static readonly Lazy<Task<PostgresServer>> Shared = new(StartSharedAsync);

    /// <summary>What is missing to start a server; null where nothing is.</summary>
    public static string? Absence { get; } =
        InstalledPostgres.Absence is { } missing && ContainedPostgres.Absence is { } engine ? $"No PostgreSQL: {missing} {engine}" : null;

    /// <summary>What is missing to start a standby beside a server; null where nothing is.</summary>
    public static string? StandbyAbsence => InstalledPostgres.Absence;

    /// <summary>Without a database; the user may do everything.</summary>
    public abstract string ConnectionString { get; }

    public static Task<PostgresServer> SharedAsync() => Shared.Value;

    /// <summary>The file system that it has for itself; null where it has none.</summary>
    public virtual SmallFileSystem? Disk => null;

    /// <summary>Starts a server and waits until it takes connections.</summary>
    /// <param name="diskMegabytes">The size of a file system for itself, where this process may mount one; null for none.</param>
    /// <exception cref="InvalidOperationException">None can be started; the message tells why.</exception>
    public static async Task<PostgresServer> StartAsync(int? diskMegabytes = null) =>
        InstalledPostgres.Absence is null ? await InstalledPostgres.CreateAsync(diskMegabytes)
        : ContainedPostgres.Absence is null ? await ContainedPostgres.CreateAsync()
        : throw new InvalidOperationException(Absence);

    /// <summary>Starts it again on the same data and the same port; one that runs is left alone.</summary>
    public abstract Task RestartAsync();

    /// <summary>Ends it as a crash does: nothing is flushed, and the next start recovers.</summary>
    public abstract Task CrashAsync();

    /// <summary>Ends it in order, connections and all.</summary>
    public abstract Task StopAsync();

    /// <summary>SIGKILL of its first process; where that is not to be had, <see cref="CrashAsync"/>.</summary>
    public virtual Task KillAsync() => CrashAsync();

    /// <summary>Stops it, copies its data aside, and starts it again.</summary>
    /// <exception cref="NotSupportedException">It is in a container.</exception>
    public virtual Task SaveAsync() => throw new NotSupportedException(NoCopies);

    /// <summary>Copies its data aside while it runs, by pg_basebackup.</summary>
    /// <exception cref="NotSupportedException">It is in a container.</exception>
    public virtual Task BackupAsync() => throw new NotSupportedException(NoCopies);

    /// <summary>Ends it and starts it on the copy of <see cref="SaveAsync"/> or <see cref="BackupAsync"/>: what was committed since then is lost.</summary>
    /// <exception cref="NotSupportedException">It is in a container.</exception>
    public virtual Task GoBackAsync() => throw new NotSupportedException(NoCopies);

    /// <summary>Archives its log from now on, as a cluster's would that matters.</summary>
    /// <exception cref="NotSupportedException">It is in a container.</exception>
    public virtual Task ArchiveAsync() => throw new NotSupportedException(NoCopies);

    /// <summary>Ends it and brings it from the copy of <see cref="BackupAsync"/> to a named point of its archive; it takes writes when this returns.</summary>
    /// <param name="point">What pg_create_restore_point was given.</param>
    /// <exception cref="NotSupportedException">It is in a container.</exception>
    public virtual Task RecoverAsync(string point) => throw new NotSupportedException(NoCopies);

    /// <summary>Writes a database down by pg_dump, while it is used.</summary>
    /// <exception cref="NotSupportedException">It is in a container.</exception>
    public virtual Task DumpAsync(string database) => throw new NotSupportedException(NoCopies);

    /// <summary>Puts the dump of a database in its place; as it was, it is called NAME_before then.</summary>
    /// <exception cref="NotSupportedException">It is in a container.</exception>
    public virtual Task LoadAsync(string database) => throw new NotSupportedException(NoCopies);

    /// <summary>Takes connections by TLS as well, with a certificate of an authority, as an operator would set it up; it takes them when this returns.</summary>
    /// <exception cref="NotSupportedException">It is in a container.</exception>
    public virtual Task UseTlsAsync(TestAuthority authority) =>
        throw new NotSupportedException("A server in a container is given no certificate: install PostgreSQL's binaries for this test.");

    /// <summary>Starts a second server that follows this one, as 'standby'; it takes reads when this returns.</summary>
    /// <exception cref="NotSupportedException">It is in a container.</exception>
    public virtual Task<PostgresServer> StartStandbyAsync() => throw new NotSupportedException(StandbyAbsence);

    /// <summary>Makes a standby the primary; it takes writes when this returns.</summary>
    public virtual Task PromoteAsync() => throw new NotSupportedException(StandbyAbsence);

    public abstract ValueTask DisposeAsync();

    private static async Task<PostgresServer> StartSharedAsync()
    {
        var server = await StartAsync();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return server;
    }
}
