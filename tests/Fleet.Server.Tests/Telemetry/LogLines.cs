using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Fleet.Server.Tests;

/// <summary>Keeps what was logged: lines of category, message and, for an exception, its stack.</summary>
/// <param name="lines">What was logged.</param>
/// <param name="least">The lowest level that is remembered.</param>
internal sealed class LogLines(ConcurrentQueue<string> lines, LogLevel least) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new Category(categoryName, lines, least);

    public void Dispose() { }

    private sealed class Category(string name, ConcurrentQueue<string> lines, LogLevel least) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= least;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) lines.Enqueue($"{name}: {formatter(state, exception)} {exception}");
        }
    }
}
