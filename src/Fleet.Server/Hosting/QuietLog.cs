using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Hosting;

/// <summary>
/// The node's log, with warnings and errors that repeat written rarely, those of Orleans and Npgsql included: a node
/// whose database is away has the same trouble with each request, reader and timer.
/// </summary>
internal sealed class QuietLog(ILoggerFactory inner, TimeProvider time) : ILoggerFactory
{
    private readonly RepeatRule _rule = new();
    private readonly long _began = time.GetTimestamp();

    /// <summary>Puts it before whatever the log is written to.</summary>
    public static void UseQuietLog(WebApplicationBuilder builder) =>
        builder.Services.Replace(ServiceDescriptor.Singleton<ILoggerFactory>(services => new QuietLog(
            new LoggerFactory(
                services.GetServices<ILoggerProvider>(),
                services.GetRequiredService<IOptionsMonitor<LoggerFilterOptions>>(),
                services.GetRequiredService<IOptions<LoggerFactoryOptions>>()),
            TimeProvider.System)));

    public ILogger CreateLogger(string categoryName) =>
        new Category(this, categoryName, inner.CreateLogger(categoryName));

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public void Dispose() => inner.Dispose();

    private int? Decide(string kind) => _rule.Decide(kind, time.GetElapsedTime(_began));

    private sealed class Category(QuietLog log, string name, ILogger inner) : ILogger
    {
        /// <summary>Whether the lines are not Fleet's own: their words differ for the same trouble.</summary>
        private readonly bool _isForeign = !name.StartsWith("Fleet.", StringComparison.Ordinal);

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (!inner.IsEnabled(logLevel)) return;
            var leftOut = logLevel is LogLevel.Warning or LogLevel.Error ? log.Decide(KindOf()) : -1;
            if (leftOut is -1) inner.Log(logLevel, eventId, state, exception, formatter);
            else if (leftOut is { } more) inner.Log(logLevel, eventId, state, null, (said, _) => Shorten(said, more));

            // A failure that passes is one kind of trouble, whichever reader it meets; a bug is told by its words and
            // by where it was thrown.
            string KindOf() => exception switch
            {
                { } passes when TransientFailure.Is(passes) =>
                    $"{name} {eventId.Id} {passes.GetBaseException().GetType()}",
                { } bug => $"{name} {eventId.Id} {bug.GetType()} {bug.Message} {TopOf(bug.GetBaseException())}",
                null => _isForeign ? $"{name} {eventId.Id}" : $"{name} {eventId.Id} {formatter(state, null)}",
            };

            static string TopOf(Exception failure) => failure.StackTrace?.Split('\n', 2)[0] ?? "";

            // The stack was written with the first line of the kind.
            string Shorten(TState said, int more) => formatter(said, exception)
                + (exception is null ? "" : $" {exception.GetBaseException().Message}")
                + (more == 0 ? "" : $" (and {more} more like this)");
        }
    }
}
