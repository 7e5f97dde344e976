using System.Net.Sockets;
using System.Runtime.InteropServices;
using Npgsql;

namespace Fleet.Server.Storage.Postgres;

/// <summary>How a node that starts waits for PostgreSQL: until it answers, or the limit is over, or a signal.</summary>
internal sealed class PostgresWait(TimeSpan limit, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Opens a connection, and waits only for what passes by itself.</summary>
    /// <exception cref="NpgsqlException">Waiting is of no use, or lasted too long.</exception>
    /// <exception cref="SocketException">The same.</exception>
    /// <exception cref="OperationCanceledException">The process was told to stop.</exception>
    public NpgsqlConnection OpenConnection(NpgsqlDataSource source)
    {
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        return OpenConnection(source, stop.Token).GetAwaiter().GetResult();

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true; // the process ends by itself
            stop.Cancel();
        }
    }

    private async Task<NpgsqlConnection> OpenConnection(NpgsqlDataSource source, CancellationToken stop)
    {
        var (began, waits) = (time.GetTimestamp(), false);
        while (true)
        {
            try
            {
                var connection = await source.OpenConnectionAsync(stop);
                if (waits) log.GoesOn(time.GetElapsedTime(began).TotalSeconds);
                return connection;
            }
            catch (Exception e) when (Passes(e) && time.GetElapsedTime(began) < limit)
            {
                if (!waits) log.Waits(PlaceOf(source), limit.TotalSeconds, PostgresSchema.ReasonOf(e));
                waits = true;
            }
            await Task.Delay(Pause, time, stop);
        }
    }

    /// <summary>Not a wrong password, nor a database that does not exist: these are told at once.</summary>
    private static bool Passes(Exception failure) =>
        failure is SocketException or NpgsqlException { IsTransient: true };

    private static string PlaceOf(NpgsqlDataSource source)
    {
        var settings = new NpgsqlConnectionStringBuilder(source.ConnectionString);
        return $"{settings.Host}:{settings.Port}";
    }
}

internal static partial class PostgresWaitLog
{
    [LoggerMessage(3600, LogLevel.Warning,
        "The node waits for PostgreSQL at {Place}, for {Seconds} s at most: {Reason}.")]
    public static partial void Waits(this ILogger log, string place, double seconds, string reason);

    [LoggerMessage(3601, LogLevel.Warning, "PostgreSQL answers after {Seconds:F1} s, and the start goes on.")]
    public static partial void GoesOn(this ILogger log, double seconds);
}
