namespace Fleet.Server.Stores;

internal static class StoresSetup
{
    /// <summary>Registers what finds stores, pairs readers, counts, samples and activates stores.</summary>
    public static void AddStores(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<StoreDirectory>();
        builder.Services.AddSingleton<ReaderPairing>();
        builder.Services.AddSingleton<ReaderAdoption>();
        builder.Services.AddSingleton<LocalStores>();
        builder.Services.AddSingleton<StoreCounterClient>();
        builder.Services.AddHostedService<StoreWaker>();
        builder.Services.AddHostedService<BoardSampler>();
        builder.UseOrleans(silo => silo.AddGrainService<StoreCounter>());
    }
}
