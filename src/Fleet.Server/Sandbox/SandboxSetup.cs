namespace Fleet.Server.Sandbox;

internal static class SandboxSetup
{
    public static void AddSandbox(this WebApplicationBuilder builder) => _ = builder;
}
