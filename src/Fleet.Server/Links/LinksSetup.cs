namespace Fleet.Server.Links;

internal static class LinksSetup
{
    /// <summary>What holds the connections of devices, and reaches those of other nodes.</summary>
    public static void AddLinks(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<LinkConnections>();
        builder.Services.AddSingleton<LinkClient>();
        builder.UseOrleans(silo => silo.AddGrainService<LinkService>());
    }
}
