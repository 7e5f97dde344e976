using Fleet.Server.Grains;

namespace Fleet.Server.Stores;

internal static class StoresSetup
{
    /// <summary>What finds readers and stores, pairs, counts and wakes them.</summary>
    public static void AddStores(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ReaderGrainFactory>();
        builder.Services.AddSingleton<StoreDirectory>();
        builder.Services.AddSingleton<ReaderPairing>();
        builder.Services.AddSingleton<LocalStores>();
        builder.Services.AddSingleton<StoreCounterClient>();
        builder.Services.AddHostedService<StoreWaker>();
        builder.UseOrleans(silo => silo.AddGrainService<StoreCounter>());
    }
}
