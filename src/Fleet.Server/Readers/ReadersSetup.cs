using Fleet.Server.Grains;

namespace Fleet.Server.Readers;

internal static class ReadersSetup
{
    /// <summary>
    /// Registers what finds the grains of readers, and tells devices settings. The grains are found by Orleans.
    /// </summary>
    public static void AddReaders(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ReaderGrainFactory>();
        builder.Services.AddSingleton<SettingsTeller>();
    }
}
