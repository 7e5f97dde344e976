namespace Fleet.Server.Links;

internal static class LinksSetup
{
    /// <summary>Registers the connections of devices, and the calls to those of other nodes.</summary>
    public static void AddLinks(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<LinkConnections>();
        builder.Services.AddSingleton<UnprovenLinks>();
        builder.Services.AddSingleton<LinkClient>();
        builder.UseOrleans(silo => silo.AddGrainService<LinkService>());
    }
}
