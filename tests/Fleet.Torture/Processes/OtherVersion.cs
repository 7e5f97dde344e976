using System.Runtime.CompilerServices;
using Microsoft.Extensions.Configuration;
using Xunit.Sdk;
using Xunit.v3;

namespace Fleet.Torture.Processes;

/// <summary>The server of another version: FLEET_TEST_OTHER_PROGRAM names the folder of its program.</summary>
internal static class OtherVersion
{
    private static readonly IConfiguration Settings =
        new ConfigurationBuilder().AddEnvironmentVariables("FLEET_TEST_").Build();

    /// <summary>Whether there is one.</summary>
    public static bool IsGiven => Settings["OTHER_PROGRAM"] is { Length: > 0 };

    public static string Program => Path.Combine(
        Settings["OTHER_PROGRAM"] ?? throw new InvalidOperationException("FLEET_TEST_OTHER_PROGRAM names no folder."),
        "Fleet.Server.dll");
}

/// <summary>A test that takes two versions. Without the other one there is no such test.</summary>
[AttributeUsage(AttributeTargets.Method), XunitTestCaseDiscoverer(typeof(TwoVersionsDiscoverer))]
internal sealed class TwoVersionsFactAttribute(
    [CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
    : FactAttribute(sourceFilePath, sourceLineNumber);

internal sealed class TwoVersionsDiscoverer : FactDiscoverer
{
    public override ValueTask<IReadOnlyCollection<IXunitTestCase>> Discover(
        ITestFrameworkDiscoveryOptions discoveryOptions, IXunitTestMethod testMethod, IFactAttribute factAttribute) =>
        OtherVersion.IsGiven ? base.Discover(discoveryOptions, testMethod, factAttribute) : new([]);
}
