namespace Fleet.Server.Incidents;

internal static class IncidentsSetup
{
    /// <summary>Registers what notes incidents and tells the operator of them.</summary>
    public static void AddIncidents(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IncidentTeller>();
        builder.Services.AddSingleton<IncidentQueue>();
        builder.Services.AddHostedService(services => services.GetRequiredService<IncidentQueue>());
    }
}
